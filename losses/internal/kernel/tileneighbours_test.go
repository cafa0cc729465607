package kernel

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestTileNeighbours is rows of few classes, several of which are computed at once: the same bits
// alone, and beside a row whose logits are so far apart that exponentials are denormal, or 0.
func TestTileNeighbours(t *testing.T) { both(t, tileNeighbours[float32], tileNeighbours[float64]) }

func tileNeighbours[T Float](t *testing.T) {
	const far = 5
	for _, k := range []int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 16, 33, 40, 64} {
		near := newBlock[T](37, k, ordinary)
		copy(near.z[2*k:3*k], near.z[2*k+1:3*k]) // two maxima, perhaps
		for i := range k / 2 {
			near.t[7*k+i] = 0
		}
		for _, by := range []T{90, 200, 1000} {
			beside := *near
			beside.z = append([]T(nil), near.z...)
			beside.z[far*k+k/2] -= by
			if spec.Size[T]() == 8 {
				beside.z[far*k+k/2] -= 9 * by
			}
			for _, f := range kernels[T]() {
				if strings.HasPrefix(f.name, "CrossEntropy") {
					tileNeighboursOf(t, fmt.Sprintf("%s k=%d by %v", f.name, k, by), near, &beside, far, f.results)
				}
			}
			for what, p := range tilePreparations[T](k) {
				for _, index := range []bool{false, true} {
					tileNeighboursOf(t, fmt.Sprintf("%s %v k=%d by %v", what, index, k, by), near, &beside, far,
						func(b *block[T]) *outputs[T] { return preparedResults(b, p, index) })
				}
			}
		}
	}
}

// tileNeighboursOf holds the rows of near but the one that is far to the same alone and in beside,
// where that is far.
func tileNeighboursOf[T Float](t *testing.T, what string, near, beside *block[T], far int,
	results func(b *block[T]) *outputs[T]) {
	all, others := results(near), results(beside)
	for i := range near.n {
		alone, of := near, all
		if i == far {
			alone, of = beside, others
		}
		row := of.rows(i, i+1, near.k)
		require.True(t, row.same(results(alone.rows(i, i+1))), "%s: row %d alone", what, i)
		require.True(t, i == far || row.same(others.rows(i, i+1, near.k)), "%s: row %d beside one that is far", what, i)
	}
}

// tilePreparations are ways to prepare logits, and none.
func tilePreparations[T Float](k int) map[string]*Prepared[T] {
	none, divided, shifted := NewPrepared[T](1), NewPrepared[T](0.7), NewPrepared[T](1)
	if !Prepares(&none) {
		return nil
	}
	shifted.AddIn(make([]T, 4*k))
	for i := range k {
		Set(&shifted, i, float64(i%5)/3, 1)
	}
	return map[string]*Prepared[T]{"z-loss": &none, "divided": &divided, "shifted": &shifted}
}

// preparedResults are those of cross entropy with the z-loss, of which lse stands behind losses.
func preparedResults[T Float](b *block[T], p *Prepared[T], index bool) *outputs[T] {
	o, lse, labels, classes := newOutputs[T](b.n, b.k), make([]float64, b.n), b.t, []int(nil)
	if index {
		labels, classes = nil, b.index
	}
	extra := make([]T, b.n)
	for i := range extra {
		extra[i] = 0.01
	}
	CrossEntropyRows(p, o.loss, lse, o.out, b.z, labels, classes, b.scale, extra, b.k)
	for i, x := range lse {
		o.num[i] = T(x)
	}
	return o
}
