package losses_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"softloss/losses"
)

// lossFamily are the losses that the properties are tested on: every one of the list, with its
// default parameters and with each of them at the ends of its range, and others at which a formula
// changes.
var lossFamily = func() map[string]losses.Loss {
	all := map[string]losses.Loss{
		"gce .1":    losses.GCE{Q: .1},
		"focal .5":  losses.Focal{Gamma: .5},
		"focal 1":   losses.Focal{Gamma: 1},
		"focal 3.5": losses.Focal{Gamma: 3.5},
		"poly 2":    losses.Poly1{Epsilon: 2},
		"bt .5 1":   losses.BiTempered{T1: .5, T2: 1},
		"bt 1 2":    losses.BiTempered{T1: 1, T2: 2},
		"nce+mae":   losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}, {Weight: .5, Loss: losses.MAE{}}},
		"nce+rce": losses.WeightedSum{{Weight: 1, Loss: losses.NCE{}},
			{Weight: .1, Loss: losses.ReverseCrossEntropy{A: -4}}},
		"linear sum": losses.WeightedSum{{Weight: .25, Loss: losses.Focal{Gamma: 2}},
			{Weight: 2, Loss: losses.GCE{Q: .5}}},
		"sparse sum": losses.WeightedSum{{Weight: .5, Loss: losses.Entmax15{}}, {Weight: 1, Loss: losses.CrossEntropy{}}},
		"sum of a sum": losses.WeightedSum{{Weight: 2, Loss: losses.WeightedSum{{Weight: .5, Loss: losses.KL{}}}},
			{Weight: 0, Loss: losses.NCE{}}},
	}
	for _, e := range losses.Losses() {
		for name, l := range variants(e) {
			if e.Has(losses.SoftmaxLink) {
				all[name] = l
			}
		}
	}
	return all
}()

// elementFamily are the losses that the properties of SigmoidLink are tested on.
var elementFamily = func() map[string]losses.Loss {
	all := maps.Clone(lossFamily)
	for _, e := range losses.Losses() {
		if !e.Has(losses.SoftmaxLink) {
			maps.Copy(all, variants(e))
		}
	}
	all["asymmetric 1 2"] = losses.Asymmetric{GammaPos: 1, GammaNeg: 2, Margin: .125}
	return all
}()

// variants are the loss of an entry with its default parameters and with each of them at the ends
// of its range, but for ends so large that the losses are beyond the tolerances.
func variants(e losses.Entry) map[string]losses.Loss {
	all := map[string]losses.Loss{e.Name: e.Loss}
	for i, r := range e.Ranges {
		for _, x := range []float64{r.Min, r.Max} {
			if r.Contains(x) && math.Abs(x) <= 10 {
				v := reflect.New(reflect.TypeOf(e.Loss)).Elem()
				v.Set(reflect.ValueOf(e.Loss))
				v.Field(i).SetFloat(x)
				all[fmt.Sprintf("%s %s=%v", e.Name, v.Type().Field(i).Name, x)] = v.Interface().(losses.Loss)
			}
		}
	}
	return all
}

// familyOptions are what surrounds a loss, for tableK classes.
var familyOptions = map[string]losses.Criterion{
	"plain":       {},
	"weights":     {ClassWeights: []float64{.5, 2, 1, .25, 3}},
	"zero weight": {ClassWeights: []float64{.5, 0, 1, .25, 3}},
	"ignore":      {Ignore: []int{-100, 2}},
	"hot":         {Temperature: 2.5},
	"cold":        {Temperature: .5},
	"shift":       {LogitShift: []float64{-.5, 1.25, 0, 2, -3}},
	"margins":     {Margins: []float64{.5, .25, 1, 0, -.125}, Temperature: 1.25},
	"z-loss":      {ZLoss: .05},
	"prior":       {Smoothing: losses.Smoothing{Alpha: .1}},
	"given prior": {Smoothing: tableSmoothings["given prior"]},
	"uniform":     {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .2}},
	"notebook":    {Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .1}},
	"weighted, smoothed": {ClassWeights: []float64{.5, 2, 0, .25, 3},
		Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .2}},
	"weighted notebook": {ClassWeights: []float64{.5, 2, 1, .25, 3},
		Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .8}},
	"everything": {ClassWeights: []float64{.5, 2, 1, .25, 3}, Ignore: []int{3}, Temperature: 1.5, ZLoss: .05,
		LogitShift: []float64{-.5, 1.25, 0, 2, -3}, Smoothing: tableSmoothings["given prior"]},
}

var familyReductions = []losses.Reduction{losses.Mean, losses.Sum, losses.None, losses.WeightedMean}

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

// fewOptions reports whether a test leaves this option to the long tests: no loss has goroutines of
// its own that the race detector could watch.
func fewOptions(option string) bool {
	return (testing.Short() || raceEnabled) && option != "plain" && option != "everything"
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

// idle reports whether the loss has no gradient.
func idle(l losses.Loss) bool { return l == losses.SymmetricCrossEntropy{A: -6} }

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

// wantsShares reports whether the labels of a row must sum to 1.
func wantsShares(l losses.Loss) bool {
	e, _ := losses.Describe(l)
	sum, _ := l.(losses.WeightedSum)
	return e.LabelsSumToOne() || slices.ContainsFunc(sum, func(t losses.Term) bool { return wantsShares(t.Loss) })
}

// losesShares reports whether the smoothing takes labels away from the sum that the loss wants.
func losesShares(t tester, c losses.Criterion, b batch) bool {
	if !wantsShares(c.Loss) || c.Smoothing.Rule != losses.SmoothNotebook {
		return false
	}
	_, err := c.Eval(dense(b.dt, b.z, b.n, b.k), b.target())
	if err != nil {
		require.ErrorIs(t, err, losses.ErrLabel)
	}
	return err != nil
}

// shares returns rows of k labels near those of t up to a factor, float32 numbers with the sum 1.
func shares(t []float64, k int) []float64 {
	t = slices.Clone(t)
	for row := range slices.Chunk(t, k) {
		sum, left, top := sumOf(row), 1.0, 0
		for j := range row {
			row[j] = math.Round(row[j]/sum*0x1p20) / 0x1p20
			if left -= row[j]; row[j] > row[top] {
				top = j
			}
		}
		row[top] += left
	}
	return t
}

// familyBatch has n rows of k classes, the second sure and right, the third sure and wrong.
func familyBatch(c losses.Criterion, n, k int, seed uint64) batch {
	r := rand.New(rand.NewPCG(seed, 2))
	b := batch{dt: tensor.Float64, n: n, k: k}
	for range n * k {
		b.z = append(b.z, 2*r.NormFloat64())
		b.t = append(b.t, .1+r.Float64())
	}
	for _, v := range []struct{ row, y, label int }{{1, 2, 2}, {2, 4, 3}} {
		if v.row < n && v.y < k {
			b.saturate(v.row, v.y)
			for j := range k {
				b.t[v.row*k+j] = .25 + .03125*float64(j)
			}
			b.t[v.row*k+v.label] = .875
		}
	}
	b.s = round(tensor.Float32, repeat(n, func(int) float64 { return .5 + r.Float64() }))
	b.u = round(tensor.Float32, repeat(upstreams(c, n), func(int) float64 { return .5 + r.Float64() }))
	b.z, b.t = round(tensor.Float32, b.z), round(tensor.Float32, b.t)
	if wantsShares(c.Loss) {
		b.t = shares(b.t, k)
	}
	return b
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

// kinked reports whether the criterion has points without a derivative, which random numbers come
// near to.
func kinked(c losses.Criterion) bool {
	if c.Smoothing.Alpha != 0 && c.Smoothing.Rule == losses.SmoothNotebook {
		return true
	}
	switch l := c.Loss.(type) {
	case losses.MAE, losses.ReverseCrossEntropy, losses.SymmetricCrossEntropy, losses.Sparsemax, losses.Entmax15:
		return true
	case losses.WeightedSum:
		for _, t := range l {
			if kinked(losses.Criterion{Loss: t.Loss}) {
				return true
			}
		}
	}
	return false
}

// everything is what a criterion gives, the gradient of the sample weights too.
type everything struct {
	result
	sgrad []float64
}

// all evaluates c on b.
func (b batch) all(t tester, c losses.Criterion) everything {
	t.Helper()
	out := b.outputs(c)
	out.TargetGrad = nil
	out.WeightGrad = dense(b.dt, repeat(b.n, func(int) float64 { return nan }), b.n)
	require.NoError(t, c.EvalInto(out, b.inputs(c)))
	r := everything{b.eval(t, c), values(out.WeightGrad)}
	same(t, "loss with sample weights' gradient", values(out.Loss), r.loss)
	return r
}

// nearAll fails unless all that is in want is near what got has, with tolerances relative to size.
func nearAll(t tester, what string, got, want everything, tol, size float64) {
	t.Helper()
	near(t, what+": loss", got.loss, want.loss, tol, tol*size)
	near(t, what+": grad", got.grad, want.grad, tol, tol*size)
	near(t, what+": sample weights' grad", got.sgrad, want.sgrad, tol, tol*size)
	if want.tgrad != nil && got.tgrad != nil {
		near(t, what+": labels' grad", got.tgrad, want.tgrad, tol, tol*size)
	}
}
