package kernel

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestEvenRows: rows without a likely class or with one, of which what is done once a row is done
// for many, are within 4 ulp in float32 beside others and alone, for every way in which terms are
// computed.
func TestEvenRows(t *testing.T) {
	blocks := 20
	if testing.Short() {
		blocks = 3
	}
	for _, l := range []separableLoss{{GCE, 0.7}, {GCE, 1}, {GCE, 0.01}, {GCE, 1e-11}, {Focal, 1}, {Focal, 2},
		{Focal, 3.5}, {Focal, 50}, {Poly1, 2}, {Poly1, -1}, {Poly1, 1000}, {AEL, 2.5}, {AGCE(0.1), 0.5}, {AGCE(1), 2},
		{AUL(1.01), 0.5}} {
		r := rand.New(rand.NewPCG(33, 34))
		for range blocks {
			steepBlock(t, l, r, 65+r.IntN(192))
		}
	}
}

// TestSureRowLabels: whatever the label of the likely class of a row is, its loss and gradient are
// as specified, and so is that it is rejected.
func TestSureRowLabels(t *testing.T) {
	const n, k, at, top = 17, 70, 5, 66
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, l := range []separableLoss{{GCE, 0.7}, {Focal, 2}, {Focal, 20}, {Poly1, 2}, {AEL, 2.5}, {AEL, 0.05}} {
		for _, label := range []float32{0, 1, 1e-40, 1e30, math.MaxFloat32, inf, nan, -1, -nan} {
			z, labels := make([]float32, n*k), make([]float32, n*k)
			for i := range z {
				z[i], labels[i] = float32(i%7), 1./k
			}
			for i := range n {
				z[i*k+(i*11+top-at*11)%k] = 14
			}
			labels[at*k+top] = label
			loss, grad, scratch, scale := make([]float64, n), make([]float32, n*k), make([]float32, 2*k), []float32{1}
			wantLoss, wantGrad := make([]float64, n), make([]float32, n*k)
			want := spec.Separable(l.family, l.a, wantLoss, wantGrad, z, labels, scale, k)
			eachImplementation(t, func(t *testing.T) {
				require.Equal(t, want, Separable(l.family, l.a, loss, grad, z, labels, scale, scratch, k), "%v %v", l, label)
				if want >= 0 {
					return
				}
				for i, x := range wantLoss {
					near(t, x, loss[i], x, l, label)
				}
				for i, x := range wantGrad {
					near(t, float64(x), float64(grad[i]), 1e-2+math.Abs(wantLoss[i/k]), l, label)
				}
			})
		}
	}
}

// near fails unless got is want, or as near to it as float32 of that size has digits.
func near(t *testing.T, want, got, size float64, l separableLoss, label float32) {
	t.Helper()
	if want != got && !(math.IsNaN(want) && math.IsNaN(got)) {
		require.LessOrEqual(t, math.Abs(got-want), 0x1p-21*size, "%v %v: %v, want %v", l, label, got, want)
	}
}
