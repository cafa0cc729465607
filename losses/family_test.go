package losses_test

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// byRow is a loss without its kernels, and as linear as it is.
type byRow struct{ Loss losses.Loss }

func (l byRow) Row(r losses.Row) float64 { return l.Loss.Row(r) }

func (l byRow) LinearInTarget() bool {
	v, ok := l.Loss.(losses.LinearLoss)
	return ok && v.LinearInTarget()
}

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

// tableK is the number of classes of the table's priors.
const tableK = 5

var tableSmoothings = map[string]losses.Smoothing{
	"off":           {},
	"prior":         {Alpha: 0.1},
	"given prior":   {Alpha: 0.3, Prior: []float64{0.4, 0, 0.125, 0.225, 0.25}},
	"uniform":       {Rule: losses.SmoothUniform, Alpha: 0.2},
	"notebook":      {Rule: losses.SmoothNotebook, Alpha: 0.1},
	"notebook deep": {Rule: losses.SmoothNotebook, Alpha: 1.7},
}

var reductions = []losses.Reduction{losses.Mean, losses.Sum, losses.None}

// fewOptions reports whether a test leaves this option to the long tests: no loss has goroutines of
// its own that the race detector could watch.
func fewOptions(option string) bool {
	return (testing.Short() || raceEnabled) && option != "plain" && option != "everything"
}

// idle reports whether the loss has no gradient.
func idle(l losses.Loss) bool { return l == losses.SymmetricCrossEntropy{A: -6} }

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
