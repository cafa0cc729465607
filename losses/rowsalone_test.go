package losses_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"softloss/losses"
)

// TestRowsAlone: where rows are computed together, in tiles or in blocks, and just beyond, a row
// has the bits that it has alone, with rows beside it that are not for vectors.
func TestRowsAlone(t *testing.T) {
	edges := []int{64, 65, 256, 257, 320, 321, 512, 513}
	if testing.Short() {
		edges = []int{65, 256}
	}
	for _, k := range edges {
		for name, l := range lossFamily {
			c := losses.Criterion{Loss: l, Reduction: losses.None}
			b := familyBatch(c, 1+k*len(name)%19, k, 5)
			for i, z := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e30, -1e30} {
				if row := 3 + 2*i; row < b.n {
					b.z[row*k+7*i] = z
				}
			}
			for _, b.dt = range floatDtypes {
				for _, b.index = range [][]int{nil, repeatInt(b.n, func(i int) int { return 11 * i % k })} {
					all := b.eval(t, c)
					for i := range b.n {
						one, what := b.row(i).eval(t, c), fmt.Sprintf("%s, k = %d, %v, row %d of %d", name, k, b.dt, i, b.n)
						sameRow(t, what, all.loss, one.loss, i)
						sameRow(t, what, all.grad, one.grad, i)
						sameRow(t, what, all.tgrad, one.tgrad, i)
					}
				}
			}
		}
	}
}

// row returns row i of b.
func (b batch) row(i int) batch {
	part := func(x []float64) []float64 {
		if x == nil {
			return nil
		}
		size := len(x) / b.n
		return x[i*size : (i+1)*size]
	}
	b.z, b.t, b.s, b.u = part(b.z), part(b.t), part(b.s), part(b.u)
	if b.index != nil {
		b.index = b.index[i : i+1]
	}
	b.n = 1
	return b
}

// sameRow wants the bits of row i of all, or NaN where NaN is.
func sameRow(t *testing.T, what string, all, row []float64, i int) {
	t.Helper()
	if !slices.EqualFunc(all[i*len(row):(i+1)*len(row)], row, func(a, b float64) bool {
		return math.Float64bits(a) == math.Float64bits(b) || a != a && b != b
	}) {
		t.Errorf("%s differs", what)
	}
}
