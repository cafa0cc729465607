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
					sameAsAlone(t, fmt.Sprintf("%s, k = %d, %v", name, k, b.dt), c, b)
				}
			}
		}
	}
}

// sameAsAlone wants of every row of b the bits that it has alone.
func sameAsAlone(t *testing.T, what string, c losses.Criterion, b batch) {
	t.Helper()
	all := b.eval(t, c)
	for i := range b.n {
		one, what := b.row(i).eval(t, c), fmt.Sprintf("%s, row %d of %d", what, i, b.n)
		sameRow(t, what, all.loss, one.loss, i)
		sameRow(t, what, all.grad, one.grad, i)
		sameRow(t, what, all.tgrad, one.tgrad, i)
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

// TestRowsBesideWildOnes: a row has the bits that it has alone, too, beside rows of which weights
// are so large or small that their own gradients are not for the kernels.
func TestRowsBesideWildOnes(t *testing.T) {
	rowsBeside(t, []float64{1, 0, 1e12, .75, 1e-12})
}

// TestRowsBesideFewWildOnes: and beside few of them among many.
func TestRowsBesideFewWildOnes(t *testing.T) {
	c := losses.Criterion{Loss: losses.KL{}, Temperature: 3, Smoothing: losses.Smoothing{Alpha: .1}}
	c.Reduction = losses.None
	b := familyBatch(c, 3000, 7, 11)
	b.s = repeat(b.n, func(i int) float64 { return .5 + float64(i%3) })
	b.s[700], b.s[701], b.s[2600] = 1e12, 1e-12, 1e12
	for _, b.dt = range floatDtypes {
		sameAsAlone(t, b.dt.String(), c, b)
	}
}

// TestRowsBesideFactorsOutOfRange: and beside rows of which the dtype does not hold the factor of
// the gradients.
func TestRowsBesideFactorsOutOfRange(t *testing.T) {
	rowsBeside(t, []float64{1, 2e38, .75, 1e-42, .5, 0, .25})
}

// rowsBeside holds every row to the bits that it has alone, with sample weights of these sizes in
// turn.
func rowsBeside(t *testing.T, sizes []float64) {
	for name, l := range lossFamily {
		for option, c := range map[string]losses.Criterion{
			"plain":         {},
			"uniform":       {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1}},
			"notebook":      {Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .4}},
			"z-loss":        {ZLoss: .01},
			"class weights": {ZLoss: .01, ClassWeights: []float64{1, 0, .5, 1e12, 2, 1e-12, 1}},
			"faint class":   {ZLoss: 1, ClassWeights: []float64{1, 1, .5, 1e-40, 2, 1, 1}},
			"temperature":   {Temperature: .25, LogitShift: []float64{1, 0, .5, -1, 2, -.125, 1}},
			"all":           {Temperature: 3, ZLoss: .01, Smoothing: losses.Smoothing{Alpha: .1}},
		} {
			c.Loss, c.Reduction = l, losses.None
			b := familyBatch(c, 37, 7, 11)
			b.s = repeat(b.n, func(i int) float64 { return b.s[i] * sizes[i%len(sizes)] })
			if option == "faint class" {
				b.s = repeat(b.n, func(i int) float64 { return 1e12 })
			}
			for _, b.dt = range floatDtypes {
				for _, b.index = range [][]int{nil, repeatInt(b.n, func(i int) int { return i % b.k })} {
					if wantsShares(l) && (c.ClassWeights != nil || c.Smoothing.Rule == losses.SmoothNotebook) {
						continue
					}
					sameAsAlone(t, fmt.Sprintf("%s, %s, %v", name, option, b.dt), c, b)
				}
			}
		}
	}
}
