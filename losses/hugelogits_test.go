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
// digit, among five classes of which the other four are alike. Of a loss that is not here the value
// is not tested.
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

// TestHugeLogits: logits 1e4 and 1e30 apart give what the limit is, right and wrong, and a finite
// loss where several are the largest, with finite gradients.
func TestHugeLogits(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, g := range []float64{1e4, 1e30} {
				c := losses.Criterion{Loss: loss, Reduction: losses.None}
				b := batch{dt: dt, n: 6, k: 5, z: []float64{g, 0, 0, 0, 0, g, 0, 0, 0, 0, 0, -g, -g, -g, -g, 0, -g,
					-g, -g, -g, g, -g, g, 0, 5, -g, -g, -g, -g, -g}}
				tol := 4 * epsilon(dt)
				if name == "bt 1 2" {
					tol = 5e-4 // the other classes' 4/g
				}
				rounded := round(dt, []float64{g})[0]
				b.index = []int{0, 1, 0, 2, 2, 4}
				hard := b.all(t, c)
				want := slices.Clone(hard.loss)
				requireFinite(t, name, want)
				if wrong, ok := surelyWrong[name]; ok {
					copy(want, []float64{0, wrong(rounded), 0, wrong(rounded)})
				}
				near(t, fmt.Sprint(name, " ", g), hard.loss, want, tol, 2*tol)
				b.index, b.t = nil, oneHot(5, b.index...)
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

// TestEveryLossWithoutAClass: a class with the logit -Inf and the label 0 is not there, wherever it
// stands. NCE is its limit instead: the class takes the whole sum, which leaves 0.
func TestEveryLossWithoutAClass(t *testing.T) {
	for name, loss := range lossFamily {
		for option, c := range familyOptions {
			if c.Smoothing.Alpha != 0 {
				continue // gives the class a label
			}
			for _, at := range []int{0, 2, 4} {
				without := func(x []float64) []float64 {
					if x == nil {
						return nil
					}
					return slices.Delete(slices.Clone(x), at, at+1)
				}
				c.Loss, c.Reduction, c.Ignore = loss, losses.None, nil
				d := c
				d.ClassWeights, d.LogitShift, d.Margins = without(c.ClassWeights), without(c.LogitShift), without(c.Margins)
				for _, index := range [][]int{nil, {0, 1, 2, 3}} {
					four := familyBatch(c, 4, 4, 82)
					five := four
					four.index, five.k, five.z, five.t = index, 5, insert(four.z, 4, at, -inf), insert(four.t, 4, at, 0)
					for _, y := range index {
						if y >= at {
							y++
						}
						five.index = append(five.index, y)
					}
					got, want := five.all(t, c), four.all(t, d)
					what := fmt.Sprint(name, " ", option, " ", at, index)
					if name == "nce" || name == "nce+mae" || name == "nce+rce" {
						requireFinite(t, what, slices.Concat(got.loss, got.grad))
						if name == "nce" && c.ZLoss == 0 {
							same(t, what, got.grad, make([]float64, 20))
							same(t, what, got.loss, make([]float64, 4))
						}
						continue
					}
					near(t, what, got.loss, want.loss, 1e-13, 1e-14)
					near(t, what, got.grad, insert(want.grad, 4, at, 0), 1e-12, 1e-14)
					near(t, what, got.sgrad, want.sgrad, 1e-12, 1e-13)
				}
			}
		}
	}
}

// insert returns rows of k+1 columns: x with the value v inserted as column c.
func insert(x []float64, k, c int, v float64) (out []float64) {
	for row := range slices.Chunk(x, k) {
		out = append(out, slices.Insert(slices.Clone(row), c, v)...)
	}
	return out
}

// TestEveryLossWithoutTheTrueClass: a logit -Inf of the true class costs the loss's bound, or +Inf,
// and has a finite gradient, also where smoothing gives that class its label.
func TestEveryLossWithoutTheTrueClass(t *testing.T) {
	bounded := map[string]float64{"mae": 2, "gce": 1 / .7, "gce .1": 10, "gce Q=1": 1, "nce": 1, "rce": 4, "nce+mae": 11,
		"nce+rce": 1.4}
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, index := range [][]int{nil, {0}} {
				b := batch{dt: dt, n: 1, k: 3, z: []float64{-inf, 0, 1}, t: oneHot(3, 0), index: index}
				got := b.eval(t, losses.Criterion{Loss: loss})
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
				requireFinite(t, name, got.grad)
				b.z, b.t = []float64{1, 0, -inf}, oneHot(3, 0)
				for _, s := range tableSmoothings {
					if s.Prior = nil; s.Rule != losses.SmoothPrior && wantsShares(loss) {
						continue
					}
					got = b.eval(t, losses.Criterion{Loss: loss, Smoothing: s})
					require.False(t, math.IsNaN(got.loss[0]), "%s %v", name, s)
					requireFinite(t, name, got.grad)
				}
			}
		}
	}
}

// TestEveryLossOfNaN: a row with a NaN or +Inf logit or nothing but -Inf is NaN in every loss, and
// every other row what it is without it, to the last bit.
func TestEveryLossOfNaN(t *testing.T) {
	rows := [][]float64{{nan, 1, 2, 3, 4}, {0, 1, nan, 3, 4}, {9, 1, 2, 3, nan}, {inf, 1, 2, 3, 4}, {0, 1, 2, 3, inf},
		{inf, 1, inf, 3, 4}, {0, -inf, 2, inf, 4}, {nan, -inf, -inf, -inf, -inf}, {inf, nan, 0, 0, 0},
		{-inf, -inf, -inf, -inf, -inf}}
	row := repeat(tableK, func(int) float64 { return nan })
	for name, loss := range lossFamily {
		for _, option := range []string{"plain", "everything"} {
			for _, dt := range floatDtypes {
				for _, index := range [][]int{nil, {1, 4, 0}} {
					c := familyOptions[option]
					c.Loss, c.Reduction = loss, losses.None
					b := familyBatch(c, 3, tableK, 83)
					b.dt, b.index, b.z = dt, index, slices.Clone(b.z)
					want := b.all(t, c)
					for _, bad := range rows {
						copy(b.z[tableK:], bad)
						got, what := b.all(t, c), fmt.Sprint(name, " ", option, bad)
						same(t, what, got.loss, []float64{want.loss[0], nan, want.loss[2]})
						same(t, what, got.grad, slices.Concat(want.grad[:tableK], row, want.grad[2*tableK:]))
						same(t, what, got.sgrad, []float64{want.sgrad[0], nan, want.sgrad[2]})
					}
				}
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
