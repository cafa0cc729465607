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

// TestLabelsOfLargeMass: labels of any sum show no digits that a p of float32 has lost as a
// denormal number: neither in the gradient, which is a multiple of p where the label is 0, nor in
// the loss where 1 - p is such a number.
func TestLabelsOfLargeMass(t *testing.T) {
	for _, e := range losses.Losses() {
		switch e.Name {
		case "ce", "gce", "focal", "poly1", "agce", "aul", "ael", "kl", "sce", "confidence":
			for _, k := range []int{2, 3, 10, 64, 65, 100, 300, 1000} {
				for i, mass := range []float64{1, 1e2, 1e4, 1e6, 1e9, 1e12} {
					for seed := range 4 {
						r := rand.New(rand.NewPCG(uint64(seed), uint64(k)))
						c := losses.Criterion{Loss: e.Loss, Reduction: reductions[r.IntN(3)]}
						holdLabelsOfMass(t, r, c, k, mass, i%2 == 0)
					}
				}
			}
		}
	}
}

// TestLabelsOfLargeMassWithOptions is that for cross entropy whose kernels prepare the logits or
// add a z-loss.
func TestLabelsOfLargeMassWithOptions(t *testing.T) {
	for _, k := range []int{2, 3, 10, 64, 65, 100, 300} {
		for _, c := range []losses.Criterion{
			{Temperature: .5},
			{Temperature: 3},
			{ZLoss: 1e-4},
			{LogitShift: repeat(k, func(j int) float64 { return float64(j % 3) })},
			{LogitShift: repeat(k, func(j int) float64 { return -float64(j % 4) }), Temperature: 2, ZLoss: 1e-3},
		} {
			for i, mass := range []float64{1, 1e2, 1e3, 1e4, 1e6, 1e9, 1e12} {
				for seed := range 2 {
					r := rand.New(rand.NewPCG(uint64(seed), uint64(k)))
					c.Loss, c.Reduction = losses.CrossEntropy{}, reductions[r.IntN(3)]
					holdLabelsOfMass(t, r, c, k, mass, i%2 == 0)
				}
			}
		}
	}
}

// holdLabelsOfMass holds rows of k classes with labels of about that mass, or, with upstream, with
// part of it in the upstream gradient.
func holdLabelsOfMass(t *testing.T, r *rand.Rand, c losses.Criterion, k int, mass float64, upstream bool) {
	apart := 1.0
	if c.Temperature != 0 {
		apart = c.Temperature
	}
	_, penalty := c.Loss.(losses.ConfidencePenalty) // a difference of sure rows
	b := faintBatch(r, min(40, 1+r.IntN(2000/k)), k, mass, apart, !penalty)
	if upstream {
		b.t = round(tensor.Float32, scaled(1/math.Sqrt(mass), b.t))
		b.u = round(tensor.Float32, repeat(upstreams(c, b.n),
			func(int) float64 { return math.Sqrt(mass) * r.NormFloat64() }))
	}
	b.holdFaint(t, fmt.Sprintf("%s k=%d mass=%g", c.Key(), k, mass), c)
}

// faintBatch has rows of logits far apart, of which one is the largest, times apart, and labels of
// one or two classes, with sure of that one in every other row.
func faintBatch(r *rand.Rand, n, k int, mass, apart float64, sure bool) (b batch) {
	b = batch{n: n, k: k, t: make([]float64, n*k)}
	spread := []float64{60, 90, 110, 140}[r.IntN(4)]
	b.z = repeat(n*k, func(int) float64 { return apart * -spread * r.Float64() })
	for i := range n {
		y := i*k + r.IntN(k)
		b.z[y] = 3 * apart
		if sure && i%2 == 0 {
			b.t[y] = mass * (.2 + r.Float64())
			continue
		}
		for range 1 + r.IntN(2) {
			b.t[i*k+r.IntN(k)] = mass * (.2 + r.Float64())
		}
	}
	b.z, b.t = round(tensor.Float32, b.z), round(tensor.Float32, b.t)
	return b
}

// holdFaint holds losses of float32, and gradients where neither a label nor 1 - p takes part, to
// those of float64.
func (b batch) holdFaint(t *testing.T, what string, c losses.Criterion) {
	b.dt = tensor.Float64
	want, plain := b.eval(t, c), b.eval(t, losses.Criterion{Reduction: c.Reduction})
	b.dt = tensor.Float32
	got := b.eval(t, c)
	const ulp, faint = 0x1p-23, 0x1p-138
	for i, w := range want.loss {
		size := math.Abs(w)
		if _, ok := c.Loss.(losses.SymmetricCrossEntropy); ok { // a difference
			size += math.Abs(plain.loss[i])
		}
		require.InDelta(t, w, got.loss[i], 4*ulp*size+faint, what)
	}
	for i, w := range want.grad {
		if b.t[i] != 0 || b.z[i] > 0 {
			continue
		}
		size := math.Abs(w)
		switch c.Loss.(type) {
		case losses.SymmetricCrossEntropy, losses.ConfidencePenalty: // differences
			size += 16 * (math.Abs(plain.grad[i]) + math.Abs(w))
		}
		require.InDelta(t, w, got.grad[i], 4*ulp*size+faint, "%s: element %d", what, i)
	}
}
