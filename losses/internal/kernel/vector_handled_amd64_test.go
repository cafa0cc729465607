//go:build !purego

package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExcludedClassesAreHandled: rows with -Inf logits and logits far below, without labels, are for the assembly: it declines no
// ordinary row, which the specification would compute to the same but slowly.
func TestExcludedClassesAreHandled(t *testing.T) {
	for _, name := range implementations()[1:] {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			t.Run("float32", excludedHandled[float32])
			t.Run("float64", excludedHandled[float64])
		})
	}
}

func excludedHandled[T Float](t *testing.T) {
	const tileK, rowK = 7, 120
	flat := class{"flat", func(*rand.Rand, []float64, []float64) {}}
	for name, f := range families {
		p, ok := planFor(f.family, f.a)
		if !ok {
			continue
		}
		for _, top := range []T{1, 30} { // no large exponentials, and one
			b := newBlock[T](1, rowK, flat)
			b.z[5] = top
			for j := 6; j < rowK; j += 6 {
				b.z[j], b.t[j] = T(math.Inf(-1)), 0
				b.z[j+1], b.t[j+1] = T(-1e4), 0
			}
			u, v := unitOf[T](), wideOf[T]()
			s, ok := begin(u, b.z)
			require.True(t, ok)
			loss := make([]float64, 1)
			require.True(t, s.separable(u, v, p, &loss[0], make([]T, rowK), b.z, b.t, make([]T, 2*rowK), 1), "%s, largest logit %v", name, top)

			n := v.lanes()
			tiles := newBlock[T](n, tileK, ordinary)
			for i := range n {
				tiles.z[i*tileK+i%tileK], tiles.t[i*tileK+i%tileK] = T(math.Inf(-1)), 0
				tiles.z[i*tileK+(i+2)%tileK] = top
			}
			bad := doubleTiles(v, make([]float64, n), make([]T, n*tileK), tiles.z, tiles.t, nil, tiles.scale, tileK, func(u double, s *tile[float64], loss []float64, _, w int) uint32 {
				return p.tile(u, s, tileK) | p.finish(s, loss, w, largest[T]())
			}, func(int) bool { return false })
			require.Equal(t, -1, bad, "%s in tiles, largest logit %v", name, top)
		}
	}
}
