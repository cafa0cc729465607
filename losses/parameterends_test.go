package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestClassWeightsOfAnySize: multiplying all class weights by a number multiplies loss and
// gradients by it, and changes neither with WeightedMean, down to where the weights are denormal
// and up to where they are not finite in float32.
func TestClassWeightsOfAnySize(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, reduction := range familyReductions {
			soft := batch{dt: dt, n: 2, k: 3, z: []float64{1, 2, 3, 4, 5, 7}, t: []float64{.5, .25, .25, 0, .5, .5}}
			soft.u = repeat(upstreams(losses.Criterion{Reduction: reduction}, 2), one)
			hard := soft
			hard.index = []int{0, 1}
			for _, b := range []batch{hard, soft} {
				for _, smoothing := range []losses.Smoothing{{}, {Alpha: .25}} {
					for _, loss := range []losses.Loss{losses.CrossEntropy{}, losses.Focal{Gamma: 2}, losses.MAE{}} {
						c := losses.Criterion{Loss: loss, Smoothing: smoothing, Reduction: reduction}
						b.scaleWithClassWeights(t, c)
						if reduction == losses.WeightedMean {
							b.ignoreDenormalClassWeights(t, c)
						}
					}
				}
			}
		}
	}
}

func (b batch) scaleWithClassWeights(t *testing.T, c losses.Criterion) {
	base := []float64{1, .5, 2}
	c.ClassWeights = base
	want, tol, tiny := b.eval(t, c), 4*epsilon(b.dt), 4*math.SmallestNonzeroFloat32
	if b.dt == tensor.Float64 {
		tiny = 4 * math.SmallestNonzeroFloat64
	}
	for _, f := range []float64{0x1p-160, 0x1p-149, 0x1p-130, 0x1p-62, 0x1p62, 0x1p127, 0x1p200, 0x1p1000} {
		c.ClassWeights = scaled(f, base)
		got, factor := b.eval(t, c), f
		if c.Reduction == losses.WeightedMean {
			factor = 1
		}
		times := func(x []float64) []float64 { return round(b.dt, scaled(factor, x)) }
		what := fmt.Sprintf("%T %v %v index %v smoothing %v times %v", c.Loss, b.dt, c.Reduction, b.index,
			c.Smoothing.Alpha, f)
		near(t, what+" loss", got.loss, times(want.loss), tol, tiny)
		grad := times(want.grad)
		cancels := epsilon(b.dt) * largestOf(grad) // what the terms of a gradient leave of each other
		near(t, what+" grad", got.grad, grad, tol, max(tiny, cancels))
		if b.index == nil {
			near(t, what+" labels' grad", got.tgrad, times(want.tgrad), tol, tiny)
		}
	}
}

// ignoreDenormalClassWeights is for WeightedMean, to which weights that are all alike are none.
func (b batch) ignoreDenormalClassWeights(t *testing.T, c losses.Criterion) {
	c.ClassWeights = repeat(b.k, one)
	want := b.eval(t, c)
	c.ClassWeights = scaled(math.SmallestNonzeroFloat64, c.ClassWeights)
	nearAll(t, "denormal", everything{result: b.eval(t, c)}, everything{result: want}, 4*epsilon(b.dt), 1)
}

// TestEqualClassWeightsOfElements: class weights that are alike multiply the loss and the gradients
// of elements, and change nothing with WeightedMean, whatever their size.
func TestEqualClassWeightsOfElements(t *testing.T) {
	for name, loss := range elementFamily {
		for _, dt := range floatDtypes {
			for _, alpha := range []float64{0, .25} {
				for _, w := range []float64{math.SmallestNonzeroFloat64, 1e-310, 1e-100, 1e100, math.MaxFloat64} {
					c := losses.Criterion{Loss: loss, Link: losses.SigmoidLink, Reduction: losses.WeightedMean,
						Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: alpha}}
					b := batch{dt: dt, n: 2, k: 3, z: []float64{1, 2, 3, 4, 5, 7}, t: []float64{.5, .25, .25, 0, .5, .5}}
					want := b.all(t, c)
					c.ClassWeights = []float64{w, w, w}
					near(t, fmt.Sprint(name, " ", dt, " ", w, " loss"), b.all(t, c).loss, want.loss, 4*epsilon(dt), 0)
					near(t, fmt.Sprint(name, " ", dt, " ", w, " grad"), b.all(t, c).grad, want.grad, 8*epsilon(dt), 1e-12)
				}
			}
		}
	}
	c := losses.Criterion{Link: losses.SigmoidLink}
	b := batch{dt: tensor.Float64, n: 1, k: 2, z: []float64{1, 2}, t: []float64{.5, .25}}
	want := b.eval(t, c)
	c.ClassWeights = []float64{0x1p300, 0x1p300}
	got := b.eval(t, c)
	near(t, "loss", got.loss, scaled(0x1p300, want.loss), 1e-15, 0)
	near(t, "grad", got.grad, scaled(0x1p300, want.grad), 1e-15, 0)
	near(t, "labels' grad", got.tgrad, scaled(0x1p300, want.tgrad), 1e-15, 0)
}

// largestOf returns the largest absolute value of x.
func largestOf(x []float64) (largest float64) {
	for _, v := range x {
		largest = max(largest, math.Abs(v))
	}
	return largest
}

// TestColdest: a temperature so small that the logits, or the factor of the gradient, leave the
// dtype gives the limit: a loss of 0 and no gradient where the label is the largest.
func TestColdest(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, temperature := range []float64{1e-30, 1e-38, 1e-40, 1e-44, 1e-300, 1e-310, 5e-324} {
			for _, e := range losses.Losses() {
				if !e.Has(losses.SoftmaxLink) {
					continue
				}
				c := losses.Criterion{Loss: e.Loss, Temperature: temperature}
				for _, form := range []batch{{index: []int{2}}, {t: []float64{0, 0, 1}}} {
					b := batch{dt: dt, n: 1, k: 3, z: []float64{1, 2, 3}, t: form.t, index: form.index}
					got := b.eval(t, c)
					what := fmt.Sprintf("%s %v %v", e.Name, dt, temperature)
					near(t, what, got.grad, []float64{0, 0, 0}, 0, 1e-100)
					if e.Name == "ael" || e.Name == "sce" || e.Name == "rce" || e.Name == "nce" {
						requireFinite(t, what, got.loss)
						continue
					}
					near(t, what, got.loss, []float64{0}, 0, 1e-100)
				}
			}
		}
	}
	for _, temperature := range []float64{1e-40, 1e-310} {
		_, err := losses.TeacherLabels(dense(tensor.Float32, []float64{1, 2, 3}, 3), temperature)
		require.NoError(t, err)
	}
	p, err := losses.TeacherLabels(dense(tensor.Float32, []float64{1, 2, 3}, 3), 1e-40)
	require.NoError(t, err)
	assert.Equal(t, []float64{0, 0, 1}, values(p))
}

// TestEndsOfParameters: what Validate accepts gives numbers, at the ends of every range and close
// to them.
func TestEndsOfParameters(t *testing.T) {
	for _, l := range []losses.Loss{
		losses.GCE{Q: 5e-324}, losses.GCE{Q: 1e-310}, losses.GCE{Q: 1e-100}, losses.GCE{Q: 1e-46}, losses.GCE{Q: 1e-40},
		losses.GCE{Q: 1e-20},
		losses.Focal{Gamma: 5e-324}, losses.Focal{Gamma: 1e-46}, losses.Poly1{Epsilon: 5e-324}, losses.Poly1{Epsilon: 1e-46},
		losses.ConfidencePenalty{Beta: 5e-324}, losses.SymmetricCrossEntropy{Alpha: 1, Beta: 5e-324,
			A: -5e-324}, losses.BiTempered{T1: 1, T2: math.Nextafter(1, 2)},
		losses.BiTempered{T1: math.Nextafter(1, 0), T2: 1},
	} {
		for _, dt := range floatDtypes {
			for _, form := range []batch{{index: []int{0, 2}}, {t: []float64{1, 0, 0, 0, 0, 1}}} {
				b := batch{dt: dt, n: 2, k: 3, z: []float64{1, 2, 15.5, 0, 9, 20}, t: form.t, index: form.index}
				want, got := b.eval(t, losses.Criterion{Reduction: losses.None}), b.eval(t,
					losses.Criterion{Loss: l, Reduction: losses.None})
				what := fmt.Sprintf("%#v %v", l, dt)
				near(t, what, got.loss, want.loss, 20*epsilon(dt)+1e-13, 0)
				near(t, what, got.grad, want.grad, 20*epsilon(dt)+1e-13, 1e-30)
			}
		}
	}
	for _, l := range []losses.Loss{
		losses.BiTempered{T1: .8, T2: 30}, losses.BiTempered{T1: .8, T2: 300}, losses.BiTempered{T1: .8,
			T2: 700}, losses.BiTempered{T1: 0, T2: 1e6},
		losses.BiTempered{T1: 1, T2: 1e300}, losses.BiTempered{T1: 1,
			T2: math.MaxFloat64}, losses.Focal{Gamma: 1e300}, losses.Focal{Gamma: math.MaxFloat64},
		losses.Poly1{Epsilon: 1e30}, losses.ConfidencePenalty{Beta: 1e30}, losses.ReverseCrossEntropy{A: -1e30},
		losses.ReverseCrossEntropy{A: -5e-324},
		losses.SymmetricCrossEntropy{Alpha: 1e30, Beta: 1e-30, A: -1e30}, losses.SymmetricCrossEntropy{},
	} {
		if s, ok := l.(losses.SymmetricCrossEntropy); ok && s.A == 0 {
			continue
		}
		for _, dt := range floatDtypes {
			for _, index := range [][]int{nil, {0, 2}} {
				for _, k := range []int{2, 3, 10} {
					b := batch{dt: dt, n: 2, k: k, z: repeat(2*k, func(i int) float64 { return float64(i * i % 11) }),
						t: repeat(2*k, func(int) float64 { return 1 / float64(k) }), index: index}
					if index != nil {
						b.index = []int{0, k - 1}
					}
					got := b.eval(t, losses.Criterion{Loss: l})
					requireFinite(t, fmt.Sprintf("%#v %v K=%d", l, dt, k), append(got.loss, got.grad...))
				}
			}
		}
	}
}

// TestStrengthsBeyondFloat32: what a term is multiplied by stays where gradients are numbers.
func TestStrengthsBeyondFloat32(t *testing.T) {
	for _, l := range []losses.Validator{
		losses.ConfidencePenalty{Beta: 1e31}, losses.ReverseCrossEntropy{A: -1e31},
		losses.SymmetricCrossEntropy{Alpha: 1e31, A: -4}, losses.SymmetricCrossEntropy{Beta: 1e31, A: -4},
		losses.SymmetricCrossEntropy{A: -1e31},
	} {
		require.ErrorIs(t, l.Validate(), losses.ErrParam)
	}
	for _, l := range []losses.Loss{
		losses.ConfidencePenalty{Beta: 1e30}, losses.SymmetricCrossEntropy{Alpha: 1e30, Beta: 1e30, A: -1e30},
	} {
		for _, dt := range floatDtypes {
			for _, form := range []batch{{index: []int{0}}, {index: []int{1}}, {t: []float64{.5, .5, 0}}} {
				b := batch{dt: dt, n: 1, k: 3, z: []float64{40, 0, 0}, index: form.index, t: form.t}
				for _, g := range b.eval(t, losses.Criterion{Loss: l}).grad {
					require.False(t, math.IsNaN(g), "%#v %v %v", l, dt, form)
				}
			}
		}
	}
}

// TestEndsOfAsymmetricLosses: the family of the asymmetric losses gives numbers at the ends of its
// parameters, and refuses those the powers of which leave float32.
func TestEndsOfAsymmetricLosses(t *testing.T) {
	const least = math.SmallestNonzeroFloat64
	for _, l := range []losses.Loss{
		losses.AGCE{A: 100, Q: 16}, losses.AGCE{A: least, Q: least}, losses.AGCE{A: least, Q: 16},
		losses.AGCE{A: 100, Q: least}, losses.AUL{A: 100, Q: 16}, losses.AUL{A: math.Nextafter(1, 2), Q: least},
		losses.AUL{A: math.Nextafter(1, 2), Q: 16}, losses.AEL{A: least}, losses.AEL{A: math.MaxFloat64},
	} {
		for _, dt := range floatDtypes {
			for _, z := range [][]float64{{1, 2, 3}, {40, 0, 0}, {1000, 0, 0}, {-inf, 0, 0}} {
				for y := range z {
					got := batch{dt: dt, n: 1, k: 3, z: z, index: []int{y}}.eval(t, losses.Criterion{Loss: l})
					requireFinite(t, fmt.Sprintf("%#v %v %v %v", l, dt, z, y), append(got.loss, got.grad...))
				}
			}
		}
	}
	b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 3}, index: []int{0}}
	want := b.eval(t, losses.Criterion{})
	got := b.eval(t, losses.Criterion{Loss: losses.AGCE{A: least, Q: least}}) // whose limit is cross entropy
	near(t, "loss", got.loss, want.loss, 1e-14, 0)
	near(t, "grad", got.grad, want.grad, 1e-14, 0)
	for _, l := range []losses.Validator{
		losses.AGCE{A: 101, Q: 1}, losses.AGCE{A: 1, Q: 17}, losses.AUL{A: 101, Q: 1}, losses.AUL{A: 2, Q: 17},
	} {
		require.ErrorIs(t, l.Validate(), losses.ErrParam)
	}
}

// TestSureAsymmetric: of a no surely taken for a yes the margin leaves -log(1-p+Margin), however
// small it is.
func TestSureAsymmetric(t *testing.T) {
	for _, margin := range []float64{1e-300, 1e-17, 1e-16, 1e-8, .05} {
		for _, z := range []float64{30, 36, 40, 500} {
			b := batch{dt: tensor.Float64, n: 1, k: 1, z: []float64{z}, t: []float64{0}}
			got := b.eval(t, losses.Criterion{Loss: losses.Asymmetric{Margin: margin}, Link: losses.SigmoidLink})
			no := 1 / (1 + math.Exp(z))
			near(t, "loss", got.loss, []float64{-math.Log(no + margin)}, 1e-14, 0)
			near(t, "grad", got.grad, []float64{no / (no + margin)}, 1e-13, 1e-300)
		}
	}
}

// TestAsymmetricJustAboveItsMargin: of a no that is hardly more than a tiny margin the slope is
// p (1+GammaNeg) (p-Margin)^GammaNeg, though (p-Margin)^(GammaNeg-1) is beyond float64.
func TestAsymmetricJustAboveItsMargin(t *testing.T) {
	for _, gamma := range []float64{1e-3, .01, .5} {
		for _, margin := range []float64{1e-320, 1e-321} {
			b := batch{dt: tensor.Float64, n: 1, k: 1, z: []float64{-735}, t: []float64{0}}
			l := losses.Asymmetric{GammaNeg: gamma, Margin: margin}
			got := b.eval(t, losses.Criterion{Loss: l, Link: losses.SigmoidLink})
			p := math.Exp(-735)
			near(t, fmt.Sprintf("%#v", l), got.grad, []float64{p * (1 + gamma) * math.Pow(p-margin, gamma)}, 1e-3, 0)
		}
	}
}

// TestBiTemperedOfLargeT2: with c = T2-1 the normaliser is of the size of K^c; beside it the logits
// are nothing, every class has ŷ = 1/K, and the gradient is v - mean v with v = (ŷ - t) ŷ^(T2-T1).
func TestBiTemperedOfLargeT2(t *testing.T) {
	for _, t2 := range []float64{100, 300, 500, 600, 630, 650, 700} {
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 3}, index: []int{0}}
		v := math.Pow(3, .8-t2)
		want := []float64{-2. / 3 * v, 1. / 3 * v, 1. / 3 * v}
		got := b.eval(t, losses.Criterion{Loss: losses.BiTempered{T1: .8, T2: t2}})
		near(t, fmt.Sprintf("T2 = %v", t2), got.grad, want, 1e-12, 1e-300)
		near(t, fmt.Sprintf("T2 = %v", t2), got.loss, []float64{(1-math.Pow(3, -.2))/.2 - (1-math.Pow(3, -.2))/1.2},
			1e-13, 0)
	}
}

// TestColdFloat32: a temperature below 1 takes finite logits nowhere near infinity that matters.
func TestColdFloat32(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{1e38, 0}, index: []int{0}}
	got := b.eval(t, losses.Criterion{Temperature: .1})
	same(t, "loss", got.loss, []float64{0})
	same(t, "grad", got.grad, []float64{0, 0})
}
