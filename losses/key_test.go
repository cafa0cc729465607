package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/losses"
)

// Losses of a user's, with all sorts of fields.
type (
	inner   struct{ A, B float64 }
	fielded struct {
		F32     float32
		F64     float64
		Int     int8
		Uint    uint16
		Bool    bool
		Name    string
		List    []float64
		Pair    [2]int
		Nested  inner
		Pointer *inner
		Any     any
		hidden  float64
	}
	other       fielded
	scalarA     float64
	scalarB     float64
	pointed     struct{ Q float64 }
	complexLoss struct{ C complex128 }
)

func (fielded) Row(losses.Row) float64     { return 0 }
func (other) Row(losses.Row) float64       { return 0 }
func (scalarA) Row(losses.Row) float64     { return 0 }
func (scalarB) Row(losses.Row) float64     { return 1 }
func (*pointed) Row(losses.Row) float64    { return 0 }
func (complexLoss) Row(losses.Row) float64 { return 0 }

// keys fails when two criteria of the list have the same key.
func keysDiffer(t *testing.T, list ...losses.Criterion) {
	t.Helper()
	seen := map[string]int{}
	for i, c := range list {
		key := c.Key()
		assert.Equal(t, key, c.Key(), "the key changes")
		assert.NotContains(t, key, "\n")
		if j, ok := seen[key]; ok {
			assert.Failf(t, "same key", "criteria %d and %d: %s", j, i, key)
		}
		seen[key] = i
	}
}

func loss(l losses.Loss) losses.Criterion { return losses.Criterion{Loss: l} }

// TestKeyTellsParameters: one parameter more or less, or different in its last bit, is another key.
func TestKeyTellsParameters(t *testing.T) {
	above := math.Nextafter(.1, 1)
	smooth := func(r losses.SmoothingRule, alpha float64, prior ...float64) losses.Criterion {
		return losses.Criterion{Smoothing: losses.Smoothing{Rule: r, Alpha: alpha, Prior: prior}}
	}
	keysDiffer(t,
		losses.Criterion{},
		losses.Criterion{Reduction: losses.Sum},
		losses.Criterion{Reduction: losses.None},
		losses.Criterion{FromProbs: true},
		losses.Criterion{FromProbs: true, Reduction: losses.Sum},
		loss(losses.MAE{}), loss(GCE{Q: .7}), loss(GCE{Q: math.Nextafter(.7,
			1)}), loss(byRow{losses.MAE{}}), loss(byRow{losses.CrossEntropy{}}),
		loss(byRow{GCE{Q: .7}}), loss(byRow{byRow{GCE{Q: .7}}}),
		smooth(losses.SmoothPrior, .1), smooth(losses.SmoothPrior, above), smooth(losses.SmoothUniform,
			.1), smooth(losses.SmoothNotebook, .1),
		smooth(losses.SmoothPrior, .1, .5, .5), smooth(losses.SmoothPrior, .1, .5, .25,
			.25), smooth(losses.SmoothPrior, .1, .25, .5, .25),
		smooth(losses.SmoothPrior, .1, math.Nextafter(.5, 1), .5), smooth(losses.SmoothPrior, .1,
			1), smooth(losses.SmoothPrior, 5e-324),
		smooth(losses.SmoothPrior, 1, .1, .9), smooth(losses.SmoothPrior, 1, above, .9),
	)
	two := &inner{1, 2}
	f := fielded{}
	keysDiffer(t,
		loss(f), loss(other(f)), loss(&f),
		loss(fielded{F32: .1}), loss(fielded{F32: math.Nextafter32(.1,
			1)}), loss(fielded{F32: float32(inf)}), loss(fielded{F32: float32(nan)}),
		loss(fielded{F64: .1}), loss(fielded{F64: above}), loss(fielded{F64: -.1}), loss(fielded{F64: inf}),
		loss(fielded{F64: 5e-324}),
		loss(fielded{Int: 1}), loss(fielded{Int: -1}), loss(fielded{Uint: 1}), loss(fielded{Bool: true}),
		loss(fielded{Name: "a"}), loss(fielded{Name: "a List:[1]"}), loss(fielded{Name: `a"`}), loss(fielded{Name: "\n"}),
		loss(fielded{List: []float64{0}}), loss(fielded{List: []float64{0, 0}}), loss(fielded{List: []float64{0, .1}}),
		loss(fielded{Pair: [2]int{1, 0}}), loss(fielded{Pair: [2]int{0, 1}}), loss(fielded{Pair: [2]int{11, 0}}),
		loss(fielded{Nested: inner{1, 0}}), loss(fielded{Nested: inner{0,
			1}}), loss(fielded{Pointer: two}), loss(fielded{Pointer: &inner{2, 1}}),
		loss(fielded{Any: two}), loss(fielded{Any: *two}), loss(fielded{Any: 5}), loss(fielded{Any: "5"}),
		loss(fielded{hidden: 1}),
		loss(&pointed{.1}), loss(&pointed{above}), loss((*pointed)(nil)),
	)
}

// TestKeyTellsTypesApart: the type counts, not only its value.
func TestKeyTellsTypesApart(t *testing.T) {
	keysDiffer(t, loss(scalarA(.5)), loss(scalarB(.5)), loss(GCE{Q: .5}))
	keysDiffer(t, loss(fielded{Any: 5}), loss(fielded{Any: 5.0}), loss(fielded{Any: uint8(5)}))
}

// sameName returns losses of two types, both named local.
func sameName() (a, b losses.Loss) {
	{
		type local struct{ byRow }
		a = local{byRow{losses.MAE{}}}
	}
	type local struct{ byRow }
	return a, local{byRow{losses.MAE{}}}
}

// TestKeyOfLocalTypes documents a limit: types that are declared in functions of one
// package under one name, with the same fields, cannot be told apart by reflection's text.
// Package and name are all that a type shows.
func TestKeyOfLocalTypes(t *testing.T) {
	a, b := sameName()
	assert.NotEqual(t, a, b, "not the same type")
	assert.Equal(t, loss(a).Key(), loss(b).Key(), "the limit is gone: say so in Key's comment")
}

// TestKeyNamesThePackage: a user's CrossEntropy is not the built-in one.
func TestKeyNamesThePackage(t *testing.T) {
	type CrossEntropy struct{ byRow }
	assert.Contains(t, loss(CrossEntropy{}).Key(), "softloss/losses_test.CrossEntropy{")
	assert.NotContains(t, loss(losses.CrossEntropy{}).Key(), "softloss")
}

// TestKeyOfClosures: two closures of one literal are two functions.
func TestKeyOfClosures(t *testing.T) {
	var list []losses.Criterion
	for _, c := range []float64{1, 2} {
		list = append(list, loss(closure{func() float64 { return c }}))
	}
	keysDiffer(t, list...)
}

type closure struct{ f func() float64 }

func (c closure) Row(losses.Row) float64 { return c.f() }

// TestKeyOfAnyField: no field makes Key panic.
func TestKeyOfAnyField(t *testing.T) {
	assert.NotPanics(t, func() { keysDiffer(t, loss(complexLoss{1}), loss(complexLoss{1i})) })
	assert.NotPanics(t, func() { _ = loss(fielded{Any: map[string]int{"a": 1}}).Key() })
	assert.NotPanics(t, func() { _ = loss(fielded{Any: make(chan int)}).Key() })
}

// TestEqualCriteriaShareAKey: what means the same by its zero values, and copies.
func TestEqualCriteriaShareAKey(t *testing.T) {
	assert.Equal(t, losses.Criterion{}.Key(), loss(losses.CrossEntropy{}).Key())
	a := losses.Criterion{Loss: fielded{List: []float64{1, 2}, Pointer: &inner{1, 2}},
		Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.5, .5}}}
	b := losses.Criterion{Loss: fielded{List: []float64{1, 2}, Pointer: &inner{1, 2}},
		Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.5, .5}}}
	assert.Equal(t, a.Key(), b.Key())
	off := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook}}
	assert.Equal(t, losses.Criterion{}.Key(), off.Key(), "no smoothing is no smoothing by any rule")
	assert.Equal(t, losses.SoftLabelCriterion(0, losses.Mean).Key(), losses.Criterion{}.Key())
}

// The texts are canonical: they may be stored beside results, so a change is a decision.
func TestKeyTexts(t *testing.T) {
	for want, c := range map[string]losses.Criterion{
		"loss=CrossEntropy{} reduction=mean": {},
		"loss=MAE{} probs smoothing=notebook(0.1) reduction=none": {Loss: losses.MAE{}, FromProbs: true,
			Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .1}, Reduction: losses.None},
		"loss=CrossEntropy{} smoothing=prior(0.1 [0.25 0.75]) reduction=sum": {Smoothing: losses.Smoothing{Alpha: .1,
			Prior: []float64{.25, .75}}, Reduction: losses.Sum},
		"loss=softloss/losses_test.GCE{Q:0.7} reduction=mean": {Loss: GCE{Q: .7}},
	} {
		assert.Equal(t, want, c.Key())
	}
}

// TestOptionsAreInTheKey: two criteria that differ in one parameter have different keys, those that
// compute the same alike.
func TestOptionsAreInTheKey(t *testing.T) {
	all := []losses.Criterion{}
	for _, l := range lossFamily {
		all = append(all, loss(l))
	}
	all = append(all,
		loss(losses.GCE{Q: math.Nextafter(.7, 1)}), loss(losses.Focal{Gamma: math.Nextafter(2,
			3)}), loss(losses.Poly1{Epsilon: math.Nextafter(2, 3)}),
		loss(losses.ReverseCrossEntropy{A: -5}), loss(losses.SymmetricCrossEntropy{Alpha: .2, Beta: 1, A: -6}),
		loss(losses.SymmetricCrossEntropy{Alpha: .1, Beta: 2, A: -6}), loss(losses.SymmetricCrossEntropy{Alpha: .1,
			Beta: 1, A: -4}),
		loss(losses.ConfidencePenalty{Beta: .2}), loss(losses.BiTempered{T1: .8,
			T2: 1.3}), loss(losses.BiTempered{T1: .7, T2: 1.2}),
		loss(losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}, {Weight: .25, Loss: losses.MAE{}}}),
		loss(losses.WeightedSum{{Weight: 10, Loss: losses.NCE{}}}),
		loss(losses.WeightedSum{{Weight: .5, Loss: losses.MAE{}}, {Weight: 10, Loss: losses.NCE{}}}))
	base := losses.Criterion{ClassWeights: []float64{1, 2}, Ignore: []int{-1, 3}, Temperature: 2,
		LogitShift: []float64{0, 1}, ZLoss: .1, Axis: 1,
		Smoothing: losses.Smoothing{Alpha: .1, Prior: []float64{.5, .5}}}
	change := func(f func(c *losses.Criterion)) { c := base; f(&c); all = append(all, c) }
	change(func(*losses.Criterion) {})
	change(func(c *losses.Criterion) { c.ClassWeights = nil })
	change(func(c *losses.Criterion) { c.ClassWeights = []float64{1, math.Nextafter(2, 3)} })
	change(func(c *losses.Criterion) { c.ClassWeights = []float64{2, 1} })
	change(func(c *losses.Criterion) { c.Ignore = nil })
	change(func(c *losses.Criterion) { c.Ignore = []int{-1} })
	change(func(c *losses.Criterion) { c.Ignore = []int{-1, 4} })
	change(func(c *losses.Criterion) { c.Ignore = []int{-13} })
	change(func(c *losses.Criterion) { c.Temperature = 0 })
	change(func(c *losses.Criterion) { c.Temperature = math.Nextafter(2, 3) })
	change(func(c *losses.Criterion) { c.LogitShift = nil })
	change(func(c *losses.Criterion) { c.LogitShift = []float64{0, 1.5} })
	change(func(c *losses.Criterion) { c.LogitShift, c.ClassWeights = c.ClassWeights, c.LogitShift })
	change(func(c *losses.Criterion) { c.ZLoss = 0 })
	change(func(c *losses.Criterion) { c.ZLoss = math.Nextafter(.1, 1) })
	change(func(c *losses.Criterion) { c.Axis = 0 })
	change(func(c *losses.Criterion) { c.Axis = 2 })
	change(func(c *losses.Criterion) { c.Smoothing.Prior = []float64{.25, .75} })
	change(func(c *losses.Criterion) { c.Smoothing.Prior = nil })
	change(func(c *losses.Criterion) { c.Smoothing.Alpha = .2 })
	change(func(c *losses.Criterion) { c.Smoothing = losses.Smoothing{} })
	change(func(c *losses.Criterion) { c.Smoothing = losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1} })
	change(func(c *losses.Criterion) { c.Reduction = losses.WeightedMean })
	change(func(c *losses.Criterion) { c.Reduction = losses.None })
	keysDiffer(t, all...)
	assert.Equal(t, losses.Criterion{}.Key(), losses.Criterion{Temperature: 1, Ignore: []int{}}.Key())
}

// shared is a loss that is a pointer.
type shared struct{ Factor float64 }

func (p *shared) Row(r losses.Row) float64 { return p.Factor * r.LogP[0] }

// TestCloneOfPointers: a clone does not change with what the loss of its original points to, in a
// sum either.
func TestCloneOfPointers(t *testing.T) {
	loss := &shared{1}
	for _, c := range []losses.Criterion{{Loss: loss}, {Loss: losses.WeightedSum{{Weight: 2, Loss: loss}}}} {
		clone := c.Clone()
		key := clone.Key()
		assert.Equal(t, c.Key(), key)
		loss.Factor++
		assert.Equal(t, key, clone.Key())
		assert.NotEqual(t, c.Key(), key)
	}
}
