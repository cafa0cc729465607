package losses_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// byRow is a loss without kernels of its own: it hides those of Loss.
type byRow struct{ Loss losses.Loss }

func (l byRow) Row(r losses.Row) float64 { return l.Loss.Row(r) }

// tableLosses are the losses that every property is tested on: the built-in ones
// by their kernels and by their rows, and one of a user's.
var tableLosses = map[string]losses.Loss{
	"ce":      losses.CrossEntropy{},
	"mae":     losses.MAE{},
	"ce-row":  byRow{losses.CrossEntropy{}},
	"mae-row": byRow{losses.MAE{}},
	"gce":     GCE{Q: 0.7}, // of example_loss_test.go
}

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

// eachCriterion runs f for every loss, smoothing, reduction and dtype.
func eachCriterion(t *testing.T, f func(t *testing.T, c losses.Criterion, dt tensor.Dtype)) {
	for name, loss := range tableLosses {
		for rule, smoothing := range tableSmoothings {
			for _, reduction := range reductions {
				for _, dt := range floatDtypes {
					t.Run(fmt.Sprintf("%s/%s/%v/%v", name, rule, reduction, dt), func(t *testing.T) {
						f(t, losses.Criterion{Loss: loss, Smoothing: smoothing, Reduction: reduction}, dt)
					})
				}
			}
		}
	}
}

// randomBatch has n rows of tableK classes: logits of several sizes, positive
// labels of any sum, sample weights and an upstream that fits c.
func randomBatch(c losses.Criterion, dt tensor.Dtype, n int, seed uint64) batch {
	r := rand.New(rand.NewPCG(seed, 2))
	b := batch{dt: dt, n: n, k: tableK}
	for range n * tableK {
		b.z = append(b.z, 3*r.NormFloat64())
		b.t = append(b.t, 0.05+r.Float64())
	}
	b.s = repeat(n, func(int) float64 { return 0.5 + r.Float64() })
	b.u = repeat(upstreams(c, n), func(int) float64 { return r.NormFloat64() })
	b.z, b.t, b.s, b.u = round(dt, b.z), round(dt, b.t), round(dt, b.s), round(dt, b.u)
	return b
}

// upstreams is how many elements the loss of n rows has.
func upstreams(c losses.Criterion, n int) int {
	if c.Reduction == losses.None {
		return n
	}
	return 1
}

// perRow spreads a scalar upstream over the rows.
func perRow(u []float64, n int) []float64 {
	return repeat(n, func(i int) float64 { return u[i%len(u)] })
}
