package losses_test

import (
	"testing"

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
// digits of it has them all.
func TestZLossOfDenormal(t *testing.T) {
	b := batch{n: 1, k: 3, z: []float64{-1000, -1093, -1095}, index: []int{0}}
	c := losses.Criterion{ZLoss: 2, Loss: losses.ReverseCrossEntropy{A: -4}}
	b.dt = tensor.Float64
	want := b.eval(t, c)
	b.dt = tensor.Float32
	near(t, "grad", b.eval(t, c).grad, want.grad, 4*epsilon(b.dt), 0)
}
