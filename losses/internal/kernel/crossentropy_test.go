package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestCrossEntropyRoundings holds the gradients of rows that are computed several at once to less
// than TestFourUlps does, in more rows: the roundings of the quotient, of the difference from the
// label and of the product with the factor must not meet.
func TestCrossEntropyRoundings(t *testing.T) {
	for _, c := range append(classes, smoothedClasses...) {
		if !slices.Contains([]string{"rivals", "smoothed"}, c.name) {
			continue
		}
		for _, k := range []int{10, 51, 100} {
			b := newBlock[float32](400, k, c)
			var want []expected
			for i := range b.n {
				row := b.rows(i, i+1)
				_, grad := newRowWant(row.z, row.t, row.u).crossEntropy(row.t, float64(b.scale[i]))
				want = append(want, grad...)
			}
			for _, name := range implementations() {
				restore := forced(name)
				o := newOutputs[float32](b.n, k)
				require.Negative(t, CrossEntropy(o.loss, o.out, b.z, b.t, b.scale, k))
				for i, x := range want {
					require.LessOrEqual(t, x.ulps(float64(o.out[i]), true), 2.8, "%s, %s, k=%d: %d", name, c.name, k, i)
				}
				restore()
			}
		}
	}
}

// TestCrossEntropyOfSure holds losses and gradients of rows whose label is the largest logit, where
// both are as small as what the others have: the roundings of the two exponentials that such a row
// is made of leave no room for those of quotients.
func TestCrossEntropyOfSure(t *testing.T) {
	n := 1 << 16
	if testing.Short() {
		n = 1 << 11
	}
	for _, k := range []int{2, 3, 5, 10, 17, 33, 64, 100} {
		r := rand.New(rand.NewPCG(1, uint64(k)))
		z, labels := make([]float32, n*k), make([]float32, n*k)
		for i := range n {
			row, spread := z[i*k:(i+1)*k], []float64{1, 3, 5, 8}[i/64%4]
			for j := range row {
				row[j] = float32(spread * r.NormFloat64())
			}
			top := slices.Index(row, slices.Max(row))
			row[top] += float32(i % 2 * int(spread))
			labels[i*k+top] = 1
		}
		scale := slices.Repeat([]float32{1}, n)
		for _, name := range implementations() {
			restore := forced(name)
			o := newOutputs[float32](n, k)
			require.Negative(t, CrossEntropy(o.loss, o.out, z, labels, scale, k))
			restore()
			for i := range n {
				row, grad := z[i*k:(i+1)*k], o.out[i*k:(i+1)*k]
				top := slices.Index(row, slices.Max(row))
				others := 0.0
				for j, v := range row {
					if j != top {
						others += math.Exp(float64(v) - float64(row[top]))
					}
				}
				near := func(got, want float64) {
					require.InDelta(t, want, got, 4*numtest.Ulp(float32(want)), "%s, k=%d: row %d, %v", name, k, i, row)
				}
				near(o.loss[i], math.Log1p(others))
				near(float64(grad[top]), -others/(1+others))
			}
		}
	}
}
