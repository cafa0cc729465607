package losses_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"softloss/losses"
)

// property is something that every criterion has on every batch of soft labels with sample weights,
// an upstream and an index that is used instead of the labels where a property is about an index.
type property struct {
	check  func(t tester, c losses.Criterion, b batch, index []int) // fails inside the function that is named
	smooth bool                                                     // not on a kink
}

var familyProperties = []property{
	{check: composed},
	{check: differences, smooth: true},
	{check: targetForms},
	{check: linearInTarget},
	{check: shiftInvariant},
	{check: permutedClasses},
	{check: permutedRows},
	{check: gradientSum},
	{check: reductionsAgree},
	{check: inertRows},
	{check: nothingIsKept},
	{check: alongAxis},
	{check: float32Agrees, smooth: true},
	{check: kernelAndRow, smooth: true},
}

// TestProperties holds every loss with every option and reduction to every property.
func TestProperties(t *testing.T) {
	for name, loss := range lossFamily {
		for option, c := range familyOptions {
			if fewOptions(option) {
				continue
			}
			for _, c.Reduction = range familyReductions {
				c.Loss = loss
				// One subtest for all properties: thousands of them take longer than what they
				// test.
				t.Run(name+"/"+option+"/"+c.Reduction.String(),
					func(t *testing.T) { properties(t, c, option == "cold") })
			}
		}
	}
}

// properties holds a criterion to every property.
func properties(t tester, c losses.Criterion, cold bool) {
	t.Helper()
	b := familyBatch(c, 6, tableK, 61)
	if losesShares(t, c, b) {
		return
	}
	grad := b.eval(t, c).grad
	require.True(t, slices.Max(grad[tableK:3*tableK]) > 1e-8 || cold || idle(c.Loss),
		"nothing to compare in the sure rows")
	for _, p := range familyProperties {
		p.check(t, c, b, []int{0, 4, 2, 1, 3, 1})
	}
}

// complaints is a tester that keeps what fails.
type complaints []string

func (c *complaints) Errorf(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}
func (*complaints) FailNow() { runtime.Goexit() }
func (*complaints) Helper()  {}

// violations returns the names of the entries whose losses lack a property.
func violations(list []losses.Entry) (names []string) {
	for _, e := range list {
		if !e.Has(losses.SoftmaxLink) {
			continue
		}
		var c complaints
		done := make(chan bool)
		go func() {
			defer close(done)
			for _, r := range familyReductions {
				properties(&c, losses.Criterion{Loss: e.Loss, Reduction: r}, false)
			}
		}()
		if <-done; len(c) > 0 {
			names = append(names, e.Name)
		}
	}
	return names
}

// halved is cross entropy with half of its gradient.
type halved struct{}

func (halved) Row(r losses.Row) float64 {
	loss := losses.CrossEntropy{}.Row(r)
	for k := range r.Grad {
		r.Grad[k] /= 2
	}
	return loss
}

// biased is cross entropy with the gradient of a label that is off by a little.
type biased struct{}

func (biased) Row(r losses.Row) float64 {
	loss := losses.CrossEntropy{}.Row(r)
	if r.TargetGrad != nil {
		r.TargetGrad[0] += 1e-4
	}
	return loss
}

// TestPropertiesNameTheWrongLoss: a loss with a wrong gradient in the list is found, and no other.
func TestPropertiesNameTheWrongLoss(t *testing.T) {
	list := append(losses.Losses(), losses.Entry{Name: "halved", Loss: halved{}, Title: "a wrong loss"},
		losses.Entry{Name: "biased", Loss: biased{}, Title: "a wrong loss"})
	assert.Equal(t, []string{"halved", "biased"}, violations(list))
}

// TestRandomProperties draws a criterion and a batch of any size and holds them to every property
// but those that a kink breaks; those it holds the losses without kinks to.
func TestRandomProperties(t *testing.T) {
	names := []string{}
	for name := range lossFamily {
		names = append(names, name)
	}
	rapid.Check(t, func(r *rapid.T) {
		k, n := rapid.IntRange(2, 12).Draw(r, "k"), rapid.IntRange(1, 6).Draw(r, "n")
		name := rapid.SampledFrom(sorted(names)).Draw(r, "loss")
		c := losses.Criterion{Loss: lossFamily[name],
			Reduction: rapid.SampledFrom(familyReductions).Draw(r, "reduction")}
		numbers := func(what string, n int, lo, hi float64) []float64 {
			return round(tensor.Float32, rapid.SliceOfN(rapid.Float64Range(lo, hi), n, n).Draw(r, what))
		}
		some := func(what string) bool { return rapid.IntRange(0, 3).Draw(r, what) == 0 }
		if some("has weights") {
			c.ClassWeights = numbers("weights", k, .1, 3)
			c.ClassWeights[0] *= float64(rapid.IntRange(0, 1).Draw(r, "first weight"))
		}
		if some("ignores") {
			c.Ignore = []int{rapid.IntRange(-1, k-1).Draw(r, "ignored")}
		}
		if some("has a temperature") {
			c.Temperature = rapid.Float64Range(.5, 4).Draw(r, "temperature")
		}
		if some("has a shift") {
			c.LogitShift = numbers("shift", k, -3, 3)
		}
		if some("has z-loss") {
			c.ZLoss = rapid.Float64Range(.001, .1).Draw(r, "z-loss")
		}
		if some("is smoothed") {
			c.Smoothing.Rule = rapid.SampledFrom([]losses.SmoothingRule{losses.SmoothPrior, losses.SmoothUniform,
				losses.SmoothNotebook}).Draw(r, "rule")
			c.Smoothing.Alpha = rapid.Float64Range(.01, .9).Draw(r, "alpha")
		}
		b := batch{dt: tensor.Float64, n: n, k: k, z: numbers("logits", n*k, -8, 8), t: numbers("labels", n*k, .125, 1),
			s: numbers("sample weights", n, .25, 2), u: numbers("upstream", upstreams(c, n), .5, 2)}
		index := rapid.SliceOfN(rapid.IntRange(0, k-1), n, n).Draw(r, "index")
		if wantsShares(c.Loss) {
			b.t = shares(b.t, k)
			if c.Smoothing.Rule == losses.SmoothNotebook {
				c.Smoothing.Rule = losses.SmoothPrior
			}
		}
		for _, p := range familyProperties {
			if !p.smooth || !kinked(c) {
				p.check(r, c, b, index)
			}
		}
	})
}
