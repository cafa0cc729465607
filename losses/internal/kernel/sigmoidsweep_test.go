package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// A sigmoidLoss is the kernel of a loss of elements for both types.
type sigmoidLoss struct {
	name   string
	single func(loss []float64, grad, z, yes, no, scale []float32) (ok bool)
	double func(loss []float64, grad, z, yes, no, scale []float64) (ok bool)
	logs   bool // logarithms of the labels, which may cancel, are terms of its gradient
}

// sweptLosses have kernels that compute in float32.
func sweptLosses() (all []sigmoidLoss) {
	all = append(all, sigmoidLoss{"cross entropy", SigmoidCrossEntropy[float32], SigmoidCrossEntropy[float64], false})
	for _, l := range []separableLoss{{GCE, 1}, {GCE, 0.7}, {GCE, 0.1}, {GCE, 0x1p-19}, {Focal, 0.3}, {Focal, 1},
		{Focal, 2}, {Focal, 3}, {Focal, 3.7}, {Focal, 0}, {Focal, 1.5}, {Focal, 2.5}, {Focal, 3.25}, {Focal, 3.5},
		{Focal, 5}, {Focal, 7.3},
		{Poly1, 0.1}, {Poly1, 2}, {Poly1, 4},
		{AGCE(1), 2}, {AGCE(0.6), 0.6}, {AUL(2), 2}, {AUL(6.3), 1.5}, {AEL, 2}, {AEL, 0.5},
		{GCE, 0.3}, {GCE, 0.49}, {AUL(1.5), 2}, {AEL, 0.4}, {AEL, 1e9}} {
		all = append(all, sigmoidLoss{fmt.Sprint(l),
			func(loss []float64, grad, z, yes, no, scale []float32) (ok bool) {
				return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
			},
			func(loss []float64, grad, z, yes, no, scale []float64) (ok bool) {
				return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
			}, false})
	}
	for _, q := range []Question{{Kind: Normalised}, {Kind: Symmetric, B: 1, C: -4},
		{Kind: Symmetric, A: 0.1, B: 1, C: -4}} {
		all = append(all, sigmoidLoss{fmt.Sprint("question ", q),
			func(loss []float64, grad, z, yes, no, scale []float32) (ok bool) {
				return SigmoidQuestion(q, loss, grad, z, yes, no, scale)
			},
			func(loss []float64, grad, z, yes, no, scale []float64) (ok bool) {
				return SigmoidQuestion(q, loss, grad, z, yes, no, scale)
			}, q.Kind == Symmetric})
	}
	return all
}

// TestSigmoidSweep: float32 elements of hard labels, and of masses that one label has, are within
// 4 ulp of the specification in float64, for logits of both signs that lie as densely as float32's
// do, and losses of soft labels.
func TestSigmoidSweep(t *testing.T) {
	stride := 1999
	if testing.Short() {
		stride = 39989
	}
	const hard, soft, group = 4, 8, 12 // of the elements of a logit: both signs and hard labels, soft ones, one mass
	eachImplementation(t, func(t *testing.T) {
		for _, l := range sweptLosses() {
			var z, yes, no []float32
			var z64, yes64, no64 []float64
			for bits := math.Float32bits(0x1p-26); bits < math.Float32bits(110); bits += uint32(stride) {
				for i := range group {
					x, y := math.Float32frombits(bits), float32(i/2%2)
					if i%2 == 1 {
						x = -x
					}
					part := float32(bits*uint32(2*i+1)*2654435761>>8) / (1 << 24)
					if i >= hard && i < soft {
						y = part
					}
					n := 1 - float64(y)
					if i >= soft {
						y, n = y*part, n*float64(part)
					}
					z, yes, no = append(z, x), append(yes, y), append(no, float32(n))
					z64, yes64, no64 = append(z64, float64(x)), append(yes64, float64(y)), append(no64, n)
				}
			}
			n := len(z)
			loss, grad, want, wantGrad := make([]float64, n), make([]float32, n), make([]float64, n), make([]float64, n)
			require.True(t, l.single(loss, grad, z, yes, no, []float32{0.7}))
			restore := forced("specification")
			l.double(want, wantGrad, z64, yes64, no64, []float64{float64(float32(0.7))})
			restore()
			worst, worstGrad := 0.0, 0.0
			ulps := func(got, want float64) float64 {
				return math.Abs(got-want) / max(numtest.Ulp(float32(want)), 4*0x1p-149)
			}
			for i := range n {
				u, v := ulps(loss[i], want[i]), ulps(float64(grad[i]), wantGrad[i])
				if i%group >= hard && (i%group < soft || l.logs) { // its terms may cancel
					v = 0
				}
				require.False(t, !(u <= 4 && v <= 4), "%s of z=%v, label %v: %v and %v, want %v and %v", l.name, z[i], yes[i],
					loss[i], grad[i], want[i], wantGrad[i])
				worst, worstGrad = max(worst, u), max(worstGrad, v)
			}
			t.Logf("%s: %.2f ulp, gradient %.2f", l.name, worst, worstGrad)
		}
	})
}
