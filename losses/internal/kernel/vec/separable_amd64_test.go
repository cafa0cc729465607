//go:build !purego

package vec

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestExcludedClassesAreHandled: rows with -Inf logits and logits far below, without labels, are
// for the assembly: it declines no ordinary row, which the specification would compute to the same
// but slowly.
func TestExcludedClassesAreHandled(t *testing.T) {
	onUnits(t, excludedHandled[float32], excludedHandled[float64])
}

func excludedHandled[T spec.Float](t *testing.T, u unit[T]) {
	const tileK, rowK = 7, 120
	v := wideOf[T]()
	for _, l := range losses {
		p, ok := planFor[T](l.family, l.a)
		require.True(t, ok)
		for _, top := range []T{1, 30} { // no large exponentials, and one
			z, labels := normalRows[T](1, rowK)
			for j := range z {
				z[j] /= 2
			}
			z[5] = top
			for j := 6; j < rowK; j += 6 {
				z[j], labels[j] = T(math.Inf(-1)), 0
				z[j+1], labels[j+1] = T(-1e4), 0
			}
			var rows oddsRows[T]
			g := make([]T, rowK)
			rows.prepare(u, v, classTerms{plan: p}, make([]T, 2*rowK), rowK, true)
			rows.begin(g, z, nil, 0, 1)
			ok = rows.separable(0, p, new(float64), g, nil, z, labels, 1)
			require.True(t, ok, "%v, largest logit %v", l, top)

			n := v.lanes()
			z, labels = normalRows[T](n, tileK)
			for i := range n {
				z[i*tileK+i%tileK], labels[i*tileK+i%tileK] = T(math.Inf(-1)), 0
				z[i*tileK+(i+2)%tileK] = top
			}
			bad := doubleTiles(doublesFor[T](), v, make([]float64, n), make([]T, n*tileK), nil, z, labels, nil, []T{1}, tileK,
				func(u double, s *tile[float64], _, n, w int) { p.tiles(u, s, nil, tileK, tilesOf(n, w)) },
				func(int) bool { return false })
			require.Equal(t, -1, bad, "%v in tiles, largest logit %v", l, top)
		}
	}
}
