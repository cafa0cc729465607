package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestReverseCrossEntropyFloor: log t is A below e^A and free above, with the gradient of each.
func TestReverseCrossEntropyFloor(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 1, k: 4, z: []float64{1, 2, 0, -1}, t: []float64{.01, .02, 0, .97}}
	c := losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -4}}
	got := b.eval(t, c)
	p, err := losses.Softmax(dense(b.dt, b.z, 1, 4))
	require.NoError(t, err)
	q := values(p)
	// log .01 = -4.6 is below the floor, log .02 = -3.9 above.
	near(t, "loss", got.loss, []float64{4*q[0] - q[1]*math.Log(.02) + 4*q[2] - q[3]*math.Log(.97)}, 1e-15, 0)
	near(t, "labels' grad", got.tgrad, []float64{0, -q[1] / .02, 0, -q[3] / .97}, 1e-15, 0)
}

// TestReverseDenormalLabel: a floor below the logarithms of normal numbers leaves the logarithm of
// a denormal label free.
func TestReverseDenormalLabel(t *testing.T) {
	const label = 0x1p-1060
	b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 0}, t: []float64{1, label, 0}}
	got := b.eval(t, losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -740}})
	p, err := losses.Softmax(dense(b.dt, b.z, 1, 3))
	require.NoError(t, err)
	q := values(p)
	near(t, "loss", got.loss, []float64{q[1]*1060*math.Ln2 + 740*q[2]}, 1e-14, 0)
	near(t, "labels' grad", got.tgrad, []float64{-q[0], math.Inf(-1), 0}, 1e-14, 0)
}

// TestSymmetricExtremes: a symmetric cross entropy of any size is the sum of its two terms, for an
// index by kernels or not.
func TestSymmetricExtremes(t *testing.T) {
	b := familyBatch(losses.Criterion{}, 4, tableK, 88)
	b.index = []int{0, 2, 3, 1}
	for _, alpha := range []float64{0, 1e-300, 1e-30, 1e-6, 1, 1e6, 1e9, 1e30} {
		for _, beta := range []float64{0, 1e-30, 1e-6, 1, 1e6, 1e9, 1e30} {
			s := losses.SymmetricCrossEntropy{Alpha: alpha, Beta: beta, A: -4}
			for _, b.dt = range floatDtypes {
				if b.dt == tensor.Float32 && (alpha > 1e9 || beta > 1e9) {
					continue
				}
				x := b.eval(t, losses.Criterion{Loss: losses.CrossEntropy{}})
				y := b.eval(t, losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -4}})
				got, size := b.eval(t, losses.Criterion{Loss: s}), alpha+4*beta
				sum := func(p, q []float64) []float64 {
					return repeat(len(p), func(i int) float64 { return alpha*p[i] + beta*q[i] })
				}
				near(t, fmt.Sprint(s), got.loss, sum(x.loss, y.loss), 16*epsilon(b.dt), 0x1p-149)
				near(t, fmt.Sprint(s), got.grad, sum(x.grad, y.grad), 16*epsilon(b.dt), 4*epsilon(b.dt)*size+0x1p-149)
			}
		}
	}
}

// TestReverseBesideSmallLabel: the label 1 - t of "no", whose logarithm is the loss of a sure no,
// keeps the digits of a small t, smoothed or not.
func TestReverseBesideSmallLabel(t *testing.T) {
	sure := func(int) float64 { return -1000 }
	labels := []float64{.2, 1e-3, 1e-7, 3.3102620660028025e-10, 1e-12, 1e-14, 1e-20}
	for i := range 200 { // of some the smoothed two do not sum to 1
		labels = append(labels, .2*math.Exp(-.17*float64(i)))
	}
	for _, dt := range floatDtypes {
		for _, l := range []losses.Loss{losses.ReverseCrossEntropy{A: -6}, byRow{losses.ReverseCrossEntropy{A: -6}},
			losses.SymmetricCrossEntropy{Beta: 1, A: -6}} {
			for _, alpha := range []float64{0, .1} {
				z, y := dense(dt, repeat(len(labels), sure), len(labels), 1), dense(dt, labels, len(labels), 1)
				c := losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None,
					Smoothing: losses.Smoothing{Rule: losses.SmoothPrior, Alpha: alpha, Prior: []float64{1, 0}}}
				got, err := c.Eval(z, y)
				require.NoError(t, err)
				var want []float64
				for _, label := range values(y) {
					want = append(want, -math.Log1p(-(1-alpha)*label))
				}
				near(t, fmt.Sprint(l, alpha), values(got), want, 4*epsilon(dt), 0)
			}
			for _, alpha := range []float64{1e-22, 1e-17, 1e-9, .01, .3, 1.9} { // labels max(t, alpha/2)
				z, y := dense(dt, repeat(len(labels), sure), len(labels), 1), dense(dt, labels, len(labels), 1)
				c := losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None,
					Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: alpha}}
				got, err := c.Eval(z, y)
				require.NoError(t, err)
				var want []float64
				for _, label := range values(y) {
					if 1-label < alpha/2 {
						want = append(want, -math.Log(alpha/2))
					} else {
						want = append(want, -math.Log1p(-label))
					}
				}
				near(t, fmt.Sprint(l, "notebook", alpha), values(got), want, 4*epsilon(dt), 0)
			}
		}
	}
}

// TestReverseTakesLabels: the labels of two classes are what they are, although they sum to 1.
func TestReverseTakesLabels(t *testing.T) {
	for _, small := range []float64{.2, 1e-3, 1e-7, 1e-10, 1e-14} {
		labels := []float64{1 - small, small}
		for _, l := range []losses.Loss{losses.ReverseCrossEntropy{A: -6}, byRow{losses.ReverseCrossEntropy{A: -6}}} {
			z, y := dense(tensor.Float64, []float64{0, -1000}, 1, 2), dense(tensor.Float64, labels, 1, 2)
			got, err := losses.Criterion{Loss: l}.Eval(z, y)
			require.NoError(t, err)
			near(t, fmt.Sprint(l, small), values(got), []float64{-math.Log(labels[0])}, 4*epsilon(tensor.Float64), 0)
		}
	}
}

// TestSymmetricLabelGradients: the gradients of float32 by the labels are those of float64, to 4
// ulp, in blocks of rows and in rows of many classes: of ordinary rows, sure ones, far ones and
// those with a class that is excluded, and for labels at the floor and beside it.
func TestSymmetricLabelGradients(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 11))
	for _, k := range []int{65, 100, 127, 500, 1001} {
		x := batch{n: 9, k: k}
		x.z = round(tensor.Float32, repeat(x.n*k, func(i int) float64 {
			z := (1 + 2*float64(i/k%3)) * r.NormFloat64()
			switch {
			case i == 5: // of the first row
				z += 30
			case i/k == 7:
				z += 1e4
			case i == 8*k: // a label 0
				z = math.Inf(-1)
			}
			return z
		}))
		for _, l := range []losses.SymmetricCrossEntropy{{Alpha: .1, Beta: 1, A: -6}, {Alpha: 1, Beta: 1, A: -2 * math.Ln2},
			{Beta: 1, A: -4}, {Alpha: 1e-3, Beta: 100, A: -80}, {Alpha: 30, Beta: .5, A: -1e-3}} {
			floor := float32(math.Exp(l.A))
			beside := []float32{0, floor, math.Nextafter32(floor, 0), math.Nextafter32(floor, 1), 1}
			x.t = round(tensor.Float32, repeat(x.n*k, func(i int) float64 {
				if i%k < len(beside) {
					return float64(beside[i%k])
				}
				return math.Exp(2*r.NormFloat64()) / float64(k)
			}))
			c := losses.Criterion{Loss: l, Reduction: losses.None}
			x.dt = tensor.Float32
			got := x.eval(t, c).tgrad
			x.dt = tensor.Float64
			want := x.eval(t, c).tgrad
			for i, g := range want {
				near(t, fmt.Sprint(l, " k=", k, " ", i), got[i:i+1], []float64{g}, 0, 4*numtest.Ulp(float32(g)))
			}
		}
	}
}
