package losses_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestSumIsTheTerms: a weighted sum is its terms, whatever a term leaves of its gradient unwritten.
func TestSumIsTheTerms(t *testing.T) {
	for first, a := range lossFamily {
		for second, b := range lossFamily {
			in := familyBatch(losses.Criterion{}, 3, tableK, 86)
			in.t = oneHot(tableK, 0, 2, 3)
			in.z[4] = -inf // of label 0
			x, y := in.all(t, losses.Criterion{Loss: a}), in.all(t, losses.Criterion{Loss: b})
			got := in.all(t, losses.Criterion{Loss: losses.WeightedSum{{Weight: 2, Loss: a}, {Weight: .25, Loss: b}}})
			add := func(p, q []float64) []float64 {
				return repeat(len(p), func(i int) float64 { return 2*p[i] + .25*q[i] })
			}
			near(t, first+" and "+second, got.loss, add(x.loss, y.loss), 1e-13, 1e-14)
			near(t, first+" and "+second, got.grad, add(x.grad, y.grad), 1e-12, 1e-13)
			for i, g := range add(x.tgrad, y.tgrad) {
				if !math.IsNaN(g) && !math.IsInf(g, 0) {
					near(t, first+" and "+second, got.tgrad[i:i+1], []float64{g}, 1e-12, 1e-13)
				}
			}
		}
	}
}

// TestSumOfDenormalProbabilities: a large weight of a term does not show the digits that a denormal
// p has lost.
func TestSumOfDenormalProbabilities(t *testing.T) {
	for _, weight := range []float64{1 << 10, 1e4, 1e8} {
		c := losses.Criterion{Reduction: losses.Sum, Loss: losses.WeightedSum{
			{Weight: weight, Loss: losses.CrossEntropy{}}, {Weight: 1, Loss: losses.MAE{}}}}
		b := batch{dt: tensor.Float32, n: 1, k: 3, z: []float64{0, -97.5, -100}, index: []int{0}}
		got := b.eval(t, c).grad
		for j, z := range b.z[1:] {
			near(t, fmt.Sprint(weight, j), got[j+1:j+2], []float64{(weight + 2) * math.Exp(z)}, 4*0x1p-24, 4*0x1p-141)
		}
	}
}

// TestSumBesideATinyFactor: a row with a factor that the dtype does not hold changes no bit of the
// rows beside it, and has the gradient of its terms.
func TestSumBesideATinyFactor(t *testing.T) {
	c := losses.Criterion{Reduction: losses.Sum, Loss: losses.WeightedSum{
		{Weight: .01, Loss: losses.CrossEntropy{}}, {Weight: 1, Loss: losses.MAE{}}}}
	b := bigBatch(c, tensor.Float32)
	b.n, b.z, b.t, b.u = 20, b.z[:20*b.k], b.t[:20*b.k], []float64{1}
	b.s = repeat(b.n, func(int) float64 { return 1 })
	want := b.eval(t, c).grad
	b.s[0] = 2e-38
	got := b.eval(t, c).grad
	same(t, "rows beside", got[b.k:], want[b.k:])
	near(t, "row", got[:b.k], scaled(2e-38, want[:b.k]), 0x1p-20, 0x1p-148)
}

// TestSumOfManyTerms: however many terms there are, the gradients are rounded as if they were one.
func TestSumOfManyTerms(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 40, index: []int{3}}
	b.z = round(b.dt, repeat(b.k, func(i int) float64 { return math.Sin(float64(7 * i)) }))
	for _, n := range []int{4, 5, 50} {
		terms := make(losses.WeightedSum, n)
		for i := range terms {
			terms[i] = losses.Term{Weight: .3, Loss: losses.GCE{Q: .7}}
		}
		c := losses.Criterion{Loss: terms, Reduction: losses.Sum}
		exact := b
		exact.dt = tensor.Float64
		near(t, fmt.Sprint(n), b.eval(t, c).grad, exact.eval(t, c).grad, 4*0x1p-24, 0)
	}
}
