package losses_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestTargetForms: an index is its one-hot row, value and gradient; in every integer dtype.
func TestTargetForms(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 8, 21)
		b.saturate(5, 1)
		index := []int{0, 4, 2, 2, 3, 1, 0, 1}
		b.t = oneHot(b.k, index...)
		soft := b.eval(t, c)
		b.index = index
		hard := b.eval(t, c)
		near(t, "loss", hard.loss, soft.loss, 2*epsilon(dt), 2*epsilon(tensor.Float64))
		near(t, "grad", hard.grad, soft.grad, 8*epsilon(dt), 4*epsilon(dt))
		for _, idt := range indexDtypes {
			in := b.inputs(c)
			in.Target = indices(idt, index...)
			out := b.outputs(c)
			require.NoError(t, c.EvalInto(out, in))
			same(t, idt.String(), values(out.Loss), hard.loss)
			same(t, idt.String(), values(out.Grad), hard.grad)
		}
	})
}

// TestShift: a c that adds without rounding changes nothing but last digits.
func TestShift(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 6, 22)
		for i, v := range b.z {
			b.z[i] = math.Round(v*64) / 64
		}
		want := b.eval(t, c)
		for _, shift := range []float64{4096, -1000.5} {
			moved := b
			moved.z = repeat(len(b.z), func(i int) float64 { return b.z[i] + shift })
			got := moved.eval(t, c)
			near(t, "loss", got.loss, want.loss, 4*epsilon(dt), 0)
			near(t, "grad", got.grad, want.grad, 8*epsilon(dt), 8*epsilon(dt))
			near(t, "labels' grad", got.tgrad, want.tgrad, 4*epsilon(dt), 4*epsilon(dt))
		}
	})
}

// TestPermuteClasses: permuting the classes of logits, labels and prior permutes the gradients.
func TestPermuteClasses(t *testing.T) {
	perm := []int{3, 0, 4, 1, 2}
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 6, 23)
		apply := func(x []float64) []float64 {
			return repeat(len(x), func(i int) float64 { return x[i-i%b.k+perm[i%b.k]] })
		}
		want := b.eval(t, c)
		p := b
		p.z, p.t = apply(b.z), apply(b.t)
		if c.Smoothing.Prior != nil {
			c.Smoothing.Prior = apply(c.Smoothing.Prior)
		}
		got := p.eval(t, c)
		near(t, "loss", got.loss, want.loss, 4*epsilon(dt), 0)
		near(t, "grad", got.grad, apply(want.grad), 8*epsilon(dt), 8*epsilon(dt))
		near(t, "labels' grad", got.tgrad, apply(want.tgrad), 8*epsilon(dt), 8*epsilon(dt))
	})
}

// TestPermuteRows: permuting rows permutes losses and gradients, bit for bit.
func TestPermuteRows(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 7, 24)
		want := b.eval(t, c)
		perm := rand.New(rand.NewPCG(1, 2)).Perm(b.n)
		apply := func(x []float64, k int) []float64 {
			return repeat(len(x), func(i int) float64 { return x[perm[i/k]*k+i%k] })
		}
		p := b
		p.z, p.t, p.s = apply(b.z, b.k), apply(b.t, b.k), apply(b.s, 1)
		if c.Reduction == losses.None {
			p.u = apply(b.u, 1)
		}
		got := p.eval(t, c)
		if c.Reduction == losses.None {
			same(t, "loss", got.loss, apply(want.loss, 1))
		} else { // another order of summation
			near(t, "loss", got.loss, want.loss, 2*epsilon(dt), 0)
		}
		same(t, "grad", got.grad, apply(want.grad, b.k))
		same(t, "labels' grad", got.tgrad, apply(want.tgrad, b.k))
	})
}

// TestReductionsAgree: sum is the sum of none, mean is sum by the number of rows kept; gradients likewise.
func TestReductionsAgree(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		if c.Reduction != losses.Mean {
			t.Skip("one test for the three")
		}
		for _, removed := range []int{0, 2} {
			b := randomBatch(c, dt, 6, 25)
			b.u = nil
			for i := range removed {
				b.s[2*i+1] = 0
			}
			kept := float64(b.n - removed)
			results := map[losses.Reduction]result{}
			for _, r := range reductions {
				c.Reduction = r
				results[r] = b.eval(t, c)
			}
			none, sum, mean := results[losses.None], results[losses.Sum], results[losses.Mean]
			total := 0.0
			for _, l := range none.loss {
				total += l
			}
			near(t, "sum", sum.loss, []float64{total}, 4*epsilon(dt), 0)
			near(t, "mean", mean.loss, []float64{sum.loss[0] / kept}, epsilon(dt), 0)
			same(t, "grad of none", none.grad, sum.grad)
			same(t, "labels' grad of none", none.tgrad, sum.tgrad)
			near(t, "grad of mean", mean.grad, scaled(1/kept, sum.grad), 2*epsilon(dt), 0)
			near(t, "labels' grad of mean", mean.tgrad, scaled(1/kept, sum.tgrad), 2*epsilon(dt), 0)
		}
	})
}

// TestKernelsAgreeWithRows: a built-in loss computes the same with its kernels as by its Row.
func TestKernelsAgreeWithRows(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		if _, ok := c.Loss.(byRow); ok {
			t.Skip("compared with its kernels")
		}
		for _, index := range [][]int{nil, {0, 4, 2, 2, 3, 1}} {
			for _, probs := range []bool{false, true} {
				b := randomBatch(c, dt, 6, 26)
				b.index = index
				b.t[3], b.t[8] = 0, 0
				if probs {
					c.FromProbs = true
					for i := range b.z {
						b.z[i] = 0.03 + 0.9*math.Abs(math.Sin(b.z[i]))
					}
					b.z[7], b.z[12] = 0, 1
					b.z = round(dt, b.z)
				} else {
					c.FromProbs = false
					b.saturate(4, 3)
				}
				kernels := c
				rows := c
				rows.Loss = byRow{c.Loss}
				got := losses.Outputs{Loss: b.outputs(c).Loss, Grad: b.outputs(c).Grad}
				want := losses.Outputs{Loss: b.outputs(c).Loss, Grad: b.outputs(c).Grad}
				require.NoError(t, kernels.EvalInto(got, b.inputs(c)))
				require.NoError(t, rows.EvalInto(want, b.inputs(c)))
				near(t, "loss", values(got.Loss), values(want.Loss), 4*epsilon(dt), 2*epsilon(dt))
				near(t, "grad", values(got.Grad), values(want.Grad), 4*epsilon(dt), 16*epsilon(dt))
				require.False(t, slices.ContainsFunc(values(got.Grad), math.IsNaN))
			}
		}
	})
}

// TestMAEIdentity: over the K one-hot labels a prediction costs 2(K-1), whatever it is.
func TestMAEIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 2))
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 5, 130} {
			for _, scale := range []float64{0, 1, 100} {
				row := round(dt, repeat(k, func(int) float64 { return scale * r.NormFloat64() }))
				b := batch{dt: dt, n: k, k: k, index: make([]int, k)}
				for y := range k {
					b.z = append(b.z, row...)
					b.index[y] = y
				}
				got := b.eval(t, losses.Criterion{Loss: losses.MAE{}, Reduction: losses.Sum})
				near(t, "Σ_j L(p, e_j)", got.loss, []float64{2 * float64(k-1)}, math.Max(epsilon(dt), 16*epsilon(tensor.Float64)), 0)
			}
		}
	}
}
