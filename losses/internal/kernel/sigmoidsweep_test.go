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
	for _, l := range []separableLoss{{GCE, 1}, {GCE, 0.7}, {GCE, 0.1}, {GCE, 0x1p-19},
		{GCE, 1e-7}, {GCE, 0x1p-39}, {GCE, 1e-20}, {Focal, 0.3}, {Focal, 1},
		{Focal, 2}, {Focal, 3}, {Focal, 3.7}, {Focal, 0}, {Focal, 1.5}, {Focal, 2.5}, {Focal, 3.25}, {Focal, 3.5},
		{Focal, 5}, {Focal, 7.3}, {Focal, 4.5}, {Focal, 6}, {Focal, 7.1}, {Focal, 12.5}, {Focal, 20},
		{Poly1, 0.1}, {Poly1, 2}, {Poly1, 4}, {Poly1, -1}, {Poly1, -0.99}, {Poly1, -0.3}, {Poly1, 7}, {Poly1, 60},
		{AGCE(1), 2}, {AGCE(0.6), 0.6}, {AUL(2), 2}, {AUL(6.3), 1.5}, {AEL, 2}, {AEL, 0.5},
		{Focal, 24.3}, {Poly1, -0.999}, {Poly1, 700}, {GCE, 0.3}, {GCE, 0.49}, {AUL(1.5), 2}, {AEL, 0.4}, {AEL, 1e9}} {
		all = append(all, sigmoidLoss{fmt.Sprint(l),
			func(loss []float64, grad, z, yes, no, scale []float32) (ok bool) {
				return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
			},
			func(loss []float64, grad, z, yes, no, scale []float64) (ok bool) {
				return SigmoidSeparable(l.family, l.a, loss, grad, z, yes, no, scale)
			}, false})
	}
	for _, q := range []Question{{Kind: Normalised}, {Kind: Symmetric, B: 1, C: -4},
		{Kind: Symmetric, A: 0.1, B: 1, C: -4}, {Kind: Entmax15}} {
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

// swept are elements of hard labels, of soft ones, and of masses that one label has, for logits of
// both signs, in both types: the same numbers.
type swept struct {
	z, yes, no       []float32
	z64, yes64, no64 []float64
}

// The elements of a logit: both signs and hard labels, soft ones, one mass.
const sweptHard, sweptSoft, sweptAll = 4, 8, 12

// sweep returns the elements of every stride-th float32 from 2⁻²⁶ to 110.
func sweep(stride uint32) (s swept) {
	for bits := math.Float32bits(0x1p-26); bits < math.Float32bits(110); bits += stride {
		for i := range sweptAll {
			x, y := math.Float32frombits(bits), float32(i/2%2)
			if i%2 == 1 {
				x = -x
			}
			part := float32(bits*uint32(2*i+1)*2654435761>>8) / (1 << 24)
			if i >= sweptHard && i < sweptSoft {
				y = part
			}
			n := 1 - float64(y)
			if i >= sweptSoft {
				y, n = y*part, n*float64(part)
			}
			s.z, s.yes, s.no = append(s.z, x), append(s.yes, y), append(s.no, float32(n))
			s.z64, s.yes64, s.no64 = append(s.z64, float64(x)), append(s.yes64, float64(y)), append(s.no64, n)
		}
	}
	return s
}

// TestSigmoidSweep: float32 elements of hard labels, and of masses that one label has, are within
// 4 ulp of the specification in float64, for logits of both signs that lie as densely as float32's
// do, and losses of soft labels.
func TestSigmoidSweep(t *testing.T) {
	stride := uint32(1999)
	if testing.Short() {
		stride = 39989
	}
	s := sweep(stride)
	n := len(s.z)
	loss, grad, want, wantGrad := make([]float64, n), make([]float32, n), make([]float64, n), make([]float64, n)
	for _, l := range sweptLosses() {
		t.Run(l.name, func(t *testing.T) {
			restore := forced("specification")
			l.double(want, wantGrad, s.z64, s.yes64, s.no64, []float64{float64(float32(0.7))})
			restore()
			eachImplementation(t, func(t *testing.T) {
				require.True(t, l.single(loss, grad, s.z, s.yes, s.no, []float32{0.7}))
				worst, worstGrad := 0.0, 0.0
				for i := range n {
					u, v := sweptUlps(loss[i], want[i]), sweptUlps(float64(grad[i]), wantGrad[i])
					if i%sweptAll >= sweptHard && (i%sweptAll < sweptSoft || l.logs) { // its terms may cancel
						v = 0
					}
					if !(u <= 4 && v <= 4) {
						t.Fatalf("z=%v, label %v: %v and %v, want %v and %v", s.z[i], s.yes[i], loss[i], grad[i], want[i],
							wantGrad[i])
					}
					worst, worstGrad = max(worst, u), max(worstGrad, v)
				}
				t.Logf("%.2f ulp, gradient %.2f", worst, worstGrad)
			})
		})
	}
}

// TestSigmoidPowers: losses and gradients of GCE are within 4 ulp where its float32 arithmetic had
// more until it kept what 1/Q, quotients and the likely class's p lose: of the mass t of one class.
func TestSigmoidPowers(t *testing.T) {
	for _, x := range []struct {
		q    float64
		z, t float32
	}{
		{0.08, -5.2575226, 0.21416062}, {0.18, -12.198907, 0.0948447}, {0.46, -6.086341, 0.93253934},
		{0.64, -7.8191295, 0.61578196}, {0.64, 4.863154, 0}, {0.6, -7.460998, 0.4818133},
		{0.8, -4.9255785e-05, 0.11705959}, {0.84, -0.019313844, 0.23260188}, {0.88, -0.003212803, 0.23878276},
		{0.9, -3.9008613, 0.43939173}, {0.98, -2.132644, 0.8405063},
	} {
		eachImplementation(t, func(t *testing.T) {
			var loss, want, wantGrad [1]float64
			var grad [1]float32
			no := float32(0)
			if x.t == 0 {
				no = 1
			}
			one := func(x float32) []float64 { return []float64{float64(x)} }
			restore := forced("specification")
			require.True(t, SigmoidSeparable(GCE, x.q, want[:], wantGrad[:], one(x.z), one(x.t), one(no), one(0.7)))
			restore()
			require.True(t, SigmoidSeparable(GCE, x.q, loss[:], grad[:], []float32{x.z}, []float32{x.t}, []float32{no},
				[]float32{0.7}))
			require.LessOrEqual(t, sweptUlps(loss[0], want[0]), 4., "the loss of %+v", x)
			require.LessOrEqual(t, sweptUlps(float64(grad[0]), wantGrad[0]), 4., "the gradient of %+v", x)
		})
	}
}

// TestSigmoidLeastPowers: losses and gradients of GCE of a tiny Q, which is the cross entropy but
// of logits so large that Q times those counts.
func TestSigmoidLeastPowers(t *testing.T) {
	sizes := []float64{1e-30, 3, 0x1p13, 0x1.fffffep13, 0x1p14, 1e6, 1e13, 1e20, 1e22, 3e38, math.Inf(1)}
	var z, yes, no []float32
	var wideZ, wideYes, wideNo []float64
	for _, size := range sizes {
		for _, label := range []float64{0, 0x1p-120, 0.25, 1} {
			z, yes, no = append(z, -float32(size)), append(yes, float32(label)), append(no, float32(1-label))
			wideZ, wideYes = append(wideZ, -float64(float32(size))), append(wideYes, label)
			wideNo = append(wideNo, float64(float32(1-label)))
		}
	}
	n := len(z)
	for _, q := range []float64{0x1p-39, 0x1p-41, 1e-20, 1e-30} {
		want, wantGrad := make([]float64, n), make([]float64, n)
		restore := forced("specification")
		require.True(t, SigmoidSeparable(GCE, q, want, wantGrad, wideZ, wideYes, wideNo, []float64{1}))
		restore()
		eachImplementation(t, func(t *testing.T) {
			loss, grad := make([]float64, n), make([]float32, n)
			require.True(t, SigmoidSeparable(GCE, q, loss, grad, z, yes, no, []float32{1}))
			for i := range n {
				atMost(t, sweptUlps(loss[i], want[i]), 4.0, "loss of z=%v, label %v, Q=%v: %v, want %v", z[i], yes[i], q,
					loss[i], want[i])
				atMost(t, sweptUlps(float64(grad[i]), wantGrad[i]), 4.0, "gradient of z=%v, label %v, Q=%v", z[i], yes[i], q)
			}
		})
	}
}

// sweptUlps is the distance of two numbers in ulp of float32, of denormal ones in four.
func sweptUlps(got, want float64) float64 {
	return math.Abs(got-want) / max(numtest.Ulp(float32(want)), 4*0x1p-149)
}
