package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestZLossOfLiftedRows: the z-loss of a row whose logits leave the dtype at a temperature is that
// of the logits, value and gradient, and the row says nothing about those that follow in the same
// memory.
func TestZLossOfLiftedRows(t *testing.T) {
	const n, k, temperature, zLoss = 1 << 13, 2, 1e-3, 1e-70 // several runs of rows
	c := losses.Criterion{Temperature: temperature, ZLoss: zLoss, Reduction: losses.None}
	big := float64(float32(1e36))
	z := make([]float64, n*k)
	for i := range n {
		z[i*k] = 1
	}
	z[0], z[1] = big, -big // the others are ordinary
	for _, shift := range [][]float64{nil, {0, 0}} {
		c.LogitShift = shift
		b := batch{dt: tensor.Float32, n: n, k: k, z: z, index: make([]int, n)}
		got := b.eval(t, c)
		lse := big / temperature
		near(t, "loss", got.loss[:1], []float64{zLoss * lse * lse}, 1e-6, 0)
		near(t, "grad", got.grad[:k], []float64{2 * zLoss * lse / temperature, 0}, 1e-6, 0)
		near(t, "losses of the others", got.loss[1:], make([]float64, n-1), 0, 1e-30)
		near(t, "gradients of the others", got.grad[k:], make([]float64, (n-1)*k), 0, 1e-30)
	}
}

// TestColdZLoss: logits that a temperature takes beyond the dtype cost a z-loss of their size, not
// that of a shifted row.
func TestColdZLoss(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{1e38, 0}, index: []int{0}}
	got := b.eval(t, losses.Criterion{Temperature: .1, ZLoss: 1e-4})
	same(t, "loss", got.loss, []float64{inf})
}

// TestInfiniteZLoss: a z-loss whose gradient overflows is infinite where p is above 0 and leaves
// the other classes alone.
func TestInfiniteZLoss(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		b := batch{dt: dt, n: 1, k: 3, z: []float64{1, 2, 3}, index: []int{2}}
		got := b.eval(t, losses.Criterion{Temperature: 1e-160, ZLoss: 1e-4})
		same(t, "loss", got.loss, []float64{inf})
		same(t, "grad", got.grad, []float64{0, 0, inf})
	}
}

// TestZLossOfDenormal: a z-loss that makes a large gradient of a p so small that float32 has lost
// digits of it has them all, by every kernel.
func TestZLossOfDenormal(t *testing.T) {
	for _, loss := range []losses.Loss{losses.ReverseCrossEntropy{A: -4}, losses.CrossEntropy{}} {
		for _, k := range []int{3, 10, 64, 65, 200} {
			for _, temperature := range []float64{1, 2} {
				b := batch{n: 3, k: k, index: []int{0, 0, 0}} // rows 0 and 2 have ordinary p
				b.z = repeat(3*k, func(i int) float64 { return temperature * -(1003 + float64(i/k%2*90+i%5*2)) })
				b.z[0], b.z[k], b.z[2*k] = temperature*-1000, temperature*-1000, temperature*-1000
				c := losses.Criterion{ZLoss: 500, Loss: loss, Temperature: temperature, Reduction: losses.Sum}
				b.dt = tensor.Float64
				want := b.eval(t, c)
				b.dt = tensor.Float32
				near(t, fmt.Sprint(loss, k, temperature), b.eval(t, c).grad, want.grad, 4*epsilon(b.dt), 0)
			}
		}
	}
}

// TestZLossBesideClassWeights: class weights so small or large that they are divided by a power of
// two leave the z-loss as it is. What a row costs beside it is nothing then, or with WeightedMean
// as much as without weights when the z-loss is of their size.
func TestZLossBesideClassWeights(t *testing.T) {
	equal := func(w float64) []float64 { return []float64{w, w, w} }
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		b := batch{dt: dt, n: 2, k: 3, z: []float64{1, 2, 3, -1, .5, 0}, t: []float64{.25, .25, .5, 1, 0, 0}}
		for _, b.index = range [][]int{nil, {2, 0}} {
			for _, w := range []float64{1e-20, 1e-39, 1e-45, 1e-310, 5e-324} {
				for _, c := range []losses.Criterion{{}, {Reduction: losses.Sum}, {Reduction: losses.None, Temperature: 2}} {
					c.ZLoss, c.ClassWeights = .5, equal(1e-12)
					want := b.eval(t, c)
					c.ClassWeights = equal(w)
					got := b.eval(t, c)
					near(t, c.Key()+" loss", got.loss, want.loss, 1e-6, 0)
					near(t, c.Key()+" grad", got.grad, want.grad, 1e-6, 0)
				}
			}
			for _, w := range []float64{1e-300, 1e-20, 1e20, 1e300} {
				c := losses.Criterion{Reduction: losses.WeightedMean, ZLoss: .5}
				want := b.eval(t, c)
				c.ZLoss, c.ClassWeights = .5*w, equal(w)
				got := b.eval(t, c)
				near(t, c.Key()+" loss", got.loss, want.loss, 1e-6, 0)
				near(t, c.Key()+" grad", got.grad, want.grad, 1e-6, 0)
				near(t, c.Key()+" target grad", got.tgrad, want.tgrad, 1e-6, 1e-6)
			}
		}
	}
}

// TestZLossNearZero: a z-loss of an lse that is nearly 0, as the largest logit and the logarithm
// that it is the sum of cancel, is within 4 ulp, and its gradients of their terms (S + 2 ZLoss lse)
// p and t, where it is large or small and labels sum to 1, to little or to nothing.
func TestZLossNearZero(t *testing.T) {
	for _, k := range []int{2, 3, 10, 64, 65, 70, 130, 300} {
		r := rand.New(rand.NewPCG(uint64(k), 1))
		for _, temperature := range []float64{1, 0.5, 3} {
			for _, zLoss := range []float64{1e-4, 4e-3, 0.2, 5, 100} {
				b := nearZero(r, k, temperature)
				c := losses.Criterion{ZLoss: zLoss, Temperature: temperature, Reduction: losses.None}
				for range 2 {
					b.dt = tensor.Float64
					want := b.eval(t, c)
					b.dt = tensor.Float32
					got := b.eval(t, c)
					in := b.inputs(c)
					alone, err := c.Eval(in.Logits, in.Target)
					require.NoError(t, err)
					for i, w := range want.loss {
						_, exponent := math.Frexp(w)
						for _, v := range []float64{got.loss[i], values(alone)[i]} {
							require.InDelta(t, w, v, math.Ldexp(4, exponent-24), "k=%d %s loss of row %d", k, c.Key(), i)
						}
					}
					for i, g := range want.grad {
						label := 0.
						switch {
						case b.index == nil:
							label = b.t[i]
						case b.index[i/k] == i%k:
							label = 1
						}
						_, exponent := math.Frexp(g + 2*label/temperature)
						require.InDelta(t, g, got.grad[i], math.Ldexp(4, exponent-24), "k=%d %s row %d", k, c.Key(), i/k)
					}
					b.index = repeatInt(b.n, func(int) int { return r.IntN(k) })
				}
			}
		}
	}
}

// nearZero returns rows of an lse, at the temperature, between 0 and 0.02.
func nearZero(r *rand.Rand, k int, temperature float64) batch {
	b := batch{n: 18, k: k}
	for i := range b.n {
		x, sum := repeat(k, func(int) float64 { return []float64{0, 0.01, 1}[i%3] * r.NormFloat64() }), 0.0
		for _, v := range x {
			sum += math.Exp(v)
		}
		lse, mass := 0.01+0.009*r.Float64(), []float64{1, 1e-6, 0}[r.IntN(3)]
		for _, v := range x {
			b.z = append(b.z, temperature*(v-math.Log(sum)+lse))
			b.t = append(b.t, mass*math.Exp(v)/sum*r.ExpFloat64())
		}
	}
	b.z, b.t = round(tensor.Float32, b.z), round(tensor.Float32, b.t)
	return b
}
