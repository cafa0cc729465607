package losses_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// surelyWrong is what each loss costs when the true class is g below another, p = 0 to the last
// digit, among five classes of which the other four are alike. Of a loss that is not here only the
// rest is tested.
var surelyWrong = map[string]func(g float64) float64{
	"ce":               func(g float64) float64 { return g },
	"mae":              func(float64) float64 { return 2 },
	"gce":              func(float64) float64 { return 1 / .7 },
	"gce .1":           func(float64) float64 { return 1 / .1 },
	"gce Q=1":          func(float64) float64 { return 1 },
	"focal Gamma=0":    func(g float64) float64 { return g },
	"focal .5":         func(g float64) float64 { return g },
	"focal 1":          func(g float64) float64 { return g },
	"focal":            func(g float64) float64 { return g },
	"focal 3.5":        func(g float64) float64 { return g },
	"poly1 Epsilon=-1": func(g float64) float64 { return g - 1 },
	"poly 2":           func(g float64) float64 { return g + 2 },
	"nce":              func(float64) float64 { return .25 },
	"rce":              func(float64) float64 { return 4 },
	"sce":              func(g float64) float64 { return .1*g + 6 },
	"kl":               func(g float64) float64 { return g },
	"confidence":       func(g float64) float64 { return g },
	"bitempered":       func(g float64) float64 { return 5 - 5/(1+.2*g) }, // ŷ = (1 + g/5)^-5
	"bt .5 1":          func(float64) float64 { return 2 },
	"bt 1 2":           func(g float64) float64 { return math.Log1p(g) }, // ŷ = 1/(1+g)
	"poly1":            func(g float64) float64 { return g + 1 },
	"nce+mae":          func(float64) float64 { return 3.5 },
	"nce+rce":          func(float64) float64 { return .65 },
	"linear sum":       func(g float64) float64 { return .25*g + 4 },
	"sum of a sum":     func(g float64) float64 { return g },
}

// TestHugeLogits: logits 1e4 and 1e30 apart give what the limit is, right and wrong, with finite
// gradients.
func TestHugeLogits(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, g := range []float64{1e4, 1e30} {
				c := losses.Criterion{Loss: loss, Reduction: losses.None}
				b := batch{dt: dt, n: 4, k: 5, z: []float64{g, 0, 0, 0, 0, g, 0, 0, 0, 0, 0, -g, -g, -g, -g, 0, -g,
					-g, -g, -g}}
				tol := 4 * epsilon(dt)
				if name == "bt 1 2" {
					tol = 5e-4 // the other classes' 4/g
				}
				rounded := round(dt, []float64{g})[0]
				b.index = []int{0, 1, 0, 2}
				hard := b.all(t, c)
				want := hard.loss
				requireFinite(t, name, want)
				if wrong, ok := surelyWrong[name]; ok {
					want = []float64{0, wrong(rounded), 0, wrong(rounded)}
				}
				near(t, fmt.Sprint(name, " ", g), hard.loss, want, tol, 2*tol)
				b.index, b.t = nil, oneHot(5, 0, 1, 0, 2)
				soft := b.all(t, c)
				near(t, fmt.Sprint(name, " ", g, " one-hot"), soft.loss, want, tol, 2*tol)
				near(t, fmt.Sprint(name, " ", g, " one-hot"), soft.grad, hard.grad, tol, tol)
				for i, x := range hard.grad {
					require.True(t, math.Abs(x) <= 4, "%s: gradient %v in element %d", name, x, i)
				}
			}
		}
	}
}

// TestEveryLossWithoutAClass: a logit -Inf where the label is 0 is a class that is not there. NCE
// is its limit instead: the class takes the whole sum, which leaves 0.
func TestEveryLossWithoutAClass(t *testing.T) {
	for name, loss := range lossFamily {
		for option, c := range familyOptions {
			if c.Smoothing.Alpha != 0 {
				continue // gives the class a label
			}
			for _, c.Reduction = range familyReductions {
				c.Loss = loss
				four := familyBatch(c, 4, 4, 82)
				five := four
				five.k, five.z, five.t = 5, nil, nil
				for i := range 4 {
					five.z = append(append(five.z, -inf), four.z[4*i:4*i+4]...)
					five.t = append(append(five.t, 0), four.t[4*i:4*i+4]...)
				}
				d := c
				if c.ClassWeights != nil {
					d.ClassWeights = c.ClassWeights[1:]
				}
				if c.LogitShift != nil {
					d.LogitShift = c.LogitShift[1:]
				}
				if c.Margins != nil {
					d.Margins = c.Margins[1:]
				}
				got := five.all(t, c)
				if name == "nce" || name == "nce+mae" || name == "nce+rce" {
					for _, x := range append(slices.Clone(got.loss), got.grad...) {
						require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%s: %v", name, x)
					}
					if name == "nce" && c.ZLoss == 0 {
						same(t, option, got.grad, make([]float64, 20))
						same(t, option, got.loss, make([]float64, len(got.loss)))
					}
					continue
				}
				want := four.all(t, d)
				grad := []float64{}
				for i := range 4 {
					grad = append(append(grad, 0), want.grad[4*i:4*i+4]...)
				}
				near(t, name+" "+option, got.loss, want.loss, 1e-13, 1e-14)
				near(t, name+" "+option, got.grad, grad, 1e-12, 1e-14)
				near(t, name+" "+option, got.sgrad, want.sgrad, 1e-12, 1e-13)
			}
		}
	}
}

// TestEveryLossWithoutTheTrueClass: a logit -Inf of the true class costs the loss's bound, or +Inf,
// and has a finite gradient.
func TestEveryLossWithoutTheTrueClass(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			b := batch{dt: dt, n: 1, k: 3, z: []float64{-inf, 0, 1}, index: []int{0}}
			got := b.eval(t, losses.Criterion{Loss: loss})
			bounded := map[string]float64{"mae": 2, "gce": 1 / .7, "gce .1": 10, "gce Q=1": 1, "nce": 1, "rce": 4,
				"nce+mae": 11, "nce+rce": 1.4}
			want, ok := bounded[name]
			switch {
			case ok:
				near(t, name, got.loss, []float64{want}, 2*epsilon(dt), 0)
			case name == "bitempered", name == "bt .5 1":
				require.True(t, got.loss[0] > 0 && got.loss[0] < 6, "%s: %v", name, got.loss)
			case surelyWrong[name] != nil:
				same(t, name, got.loss, []float64{inf})
			default:
				require.False(t, math.IsNaN(got.loss[0]), name)
			}
			for _, g := range got.grad {
				require.False(t, math.IsNaN(g) || math.IsInf(g, 0), "%s: %v", name, got.grad)
			}
		}
	}
}

// TestEveryLossOfNaN: a row with a NaN or +Inf logit or nothing but -Inf is NaN in every loss, and
// no other row is.
func TestEveryLossOfNaN(t *testing.T) {
	for name, loss := range lossFamily {
		for _, bad := range [][]float64{{nan, 1, 2}, {1, inf, 2}, {-inf, -inf, -inf}} {
			c := losses.Criterion{Loss: loss, Reduction: losses.None}
			for _, index := range [][]int{nil, {0, 1, 2}} {
				b := familyBatch(c, 3, 3, 83)
				b.index = index
				want := b.all(t, c)
				b.z = slices.Clone(b.z)
				copy(b.z[3:], bad)
				got := b.all(t, c)
				row := repeat(3, func(int) float64 { return nan })
				same(t, name, got.loss, []float64{want.loss[0], nan, want.loss[2]})
				same(t, name, got.grad, slices.Concat(want.grad[:3], row, want.grad[6:]))
				same(t, name, got.sgrad, []float64{want.sgrad[0], nan, want.sgrad[2]})
			}
		}
	}
}

// TestKernelsOfFamily: by kernel and by Row alike for numbers of classes with and without tails,
// where labels are soft, one-hot or an index and rows are sure.
func TestKernelsOfFamily(t *testing.T) {
	for _, name := range append([]string{"mae", "kl", "nce", "rce", "sce", "confidence", "bitempered", "bt .5 1",
		"bt 1 2"}, twice...) {
		for _, k := range []int{1, 2, 3, 7, 8, 10, 16, 17, 33, 100, 1000} {
			c := losses.Criterion{Loss: lossFamily[name], Reduction: losses.None}
			b := familyBatch(c, 4, k, 84)
			for i := range b.t {
				b.t[i] /= float64(k)
			}
			if wantsShares(c.Loss) {
				b.t = shares(b.t, k)
			}
			index := repeatInt(4, func(i int) int { return (2 + 3*i) % k })
			kernelAndRow(t, c, b, index)
			b.t = oneHot(k, index...)
			kernelAndRow(t, c, b, index)
			targetForms(t, c, b, index)
		}
	}
}
