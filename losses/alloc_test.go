package losses_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/parallel"
	"softloss/losses"
)

// TestEvalIntoAllocatesNothing for every loss and option, whatever is asked for, on batches of one
// goroutine and of several.
func TestEvalIntoAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pool of engines
	for lossName, loss := range lossFamily {
		for optionName, option := range familyOptions {
			for _, dt := range floatDtypes {
				for _, n := range []int{8, 3500} { // one goroutine and two
					if n > 8 && (lossName != "sce" && lossName != "bitempered" || optionName != "plain") {
						continue // enough is enough
					}
					c := option
					c.Loss = loss
					if c.Validate() != nil {
						continue
					}
					b := familyBatch(c, n, tableK, 1)
					if b.dt = dt; losesShares(t, c, b) {
						continue
					}
					for _, indexed := range []bool{false, true} {
						b := b
						if b.index = nil; indexed {
							b.index = make([]int, n)
						}
						in, out := b.inputs(c), b.outputs(c)
						allocatesNothing(t, fmt.Sprintf("%s %s %v n=%d index %v", lossName, optionName, dt, n, indexed), c, out, in)
					}
				}
			}
		}
	}
}

// TestPlainAllocatesNothing: nor does a criterion without options on a few rows, for which there is
// a way of its own.
func TestPlainAllocatesNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pool of engines
	for _, dt := range floatDtypes {
		for _, shape := range [][2]int{{1, 10}, {1, 1000}, {17, 3}, {9, 100}} {
			for _, indexed := range []bool{false, true} {
				b := batch{dt: dt, n: shape[0], k: shape[1]}
				b.z, b.t = repeat(b.n*b.k, one), repeat(b.n*b.k, one)
				if indexed {
					b.index = make([]int, b.n)
				}
				in := losses.Inputs{Logits: b.inputs(losses.Criterion{}).Logits, Target: b.inputs(losses.Criterion{}).Target}
				out := b.outputs(losses.Criterion{})
				out.TargetGrad, out.WeightGrad = nil, nil
				allocatesNothing(t, fmt.Sprint(dt, shape, indexed), losses.Criterion{}, out, in)
			}
		}
	}
}

// TestElementsAllocateNothing is TestEvalIntoAllocatesNothing for yes-or-no questions.
func TestElementsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pool of engines
	for _, e := range losses.Losses() {
		if !e.Has(losses.SigmoidLink) {
			continue
		}
		for option, c := range map[string]losses.Criterion{
			"plain":    {},
			"smoothed": {Smoothing: losses.Smoothing{Alpha: .1}, ClassWeights: []float64{.5, 2, 1, .25, 3}},
			"weighed":  {PosWeight: []float64{2}, Temperature: .5, Reduction: losses.WeightedMean},
			"each":     {LogitShift: []float64{-.5, 1.25, 0, 2, -3}, Reduction: losses.None},
		} {
			c.Loss, c.Link = e.Loss, losses.SigmoidLink
			for _, dt := range floatDtypes {
				x := repeat(8*tableK, func(i int) float64 { return float64(i%8) / 8 })
				in := losses.Inputs{Logits: dense(dt, x, 8, tableK), Target: dense(dt, x, 8, tableK)}
				out := losses.Outputs{Loss: dense(dt, x[:1]), Grad: dense(dt, x, 8, tableK),
					TargetGrad: dense(dt, x, 8, tableK)}
				if c.Reduction == losses.None {
					out.Loss = dense(dt, x, 8, tableK)
				}
				for range 2 {
					allocatesNothing(t, fmt.Sprintf("%s %s %v", e.Name, option, dt), c, out, in)
					out.TargetGrad = nil
				}
			}
		}
	}
}

// TestOtherInputsAllocateNothing is TestEvalIntoAllocatesNothing for what the options of the family
// do not have: another class axis, angles, probabilities, and second derivatives.
func TestOtherInputsAllocateNothing(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection empties the pool of engines
	for _, e := range losses.Losses() {
		for option, c := range map[string]losses.Criterion{
			"axis":           {Axis: 1},
			"axis, each":     {Axis: 1, Reduction: losses.None},
			"questions":      {Axis: 1, Link: losses.SigmoidLink},
			"angle":          {AngularMargin: .5},
			"probabilities":  {FromProbs: true},
			"of a question":  {FromProbs: true, Link: losses.SigmoidLink},
			"weighed, angle": {AngularMargin: .5, ClassWeights: []float64{.5, 2, 1}, Smoothing: losses.Smoothing{Alpha: .1}},
		} {
			if c.Loss = e.Loss; c.Validate() != nil {
				continue
			}
			for _, dt := range floatDtypes {
				x, hot := repeat(18, func(int) float64 { return .25 }), oneHot(3, 0, 1, 2, 2, 1, 0)
				in := losses.Inputs{Logits: dense(dt, x, 6, 3, 1), Target: dense(dt, hot, 6, 3, 1),
					SampleWeights: dense(dt, []float64{1, 2, 0, 1, 3, 1}, 6, 1)}
				if c.Axis == 0 {
					in = losses.Inputs{Logits: dense(dt, x, 6, 3), Target: dense(dt, hot, 6, 3)}
				}
				out := losses.Outputs{Loss: dense(dt, x[:1]), Grad: zeros(dt, in.Logits.Shape()),
					TargetGrad: zeros(dt, in.Logits.Shape())}
				if c.Reduction == losses.None {
					out.Loss = zeros(dt, c.RowShape(in.Logits.Shape()))
				}
				what := fmt.Sprintf("%s %s %v", e.Name, option, dt)
				allocatesNothing(t, what, c, out, in)
				whole := in
				whole.Target = tensor.New(tensor.Of(tensor.Int32), tensor.WithShape(in.Target.Shape()...))
				if c.Link == losses.SigmoidLink { // where an integer of the logits' shape is a label
					allocatesNothing(t, what+" of integers", c, losses.Outputs{Loss: out.Loss, Grad: out.Grad}, whole)
				}
				if c.TwiceDifferentiable() {
					in.Direction = in.Logits
					allocatesNothing(t, what+" along a direction", c, out, in)
				}
			}
		}
	}
}

// allocatesNothing wants no allocation of an evaluation that has run before. A goroutine that moves
// to the other processor may leave its engine behind, once: 60 runs make that less than one
// allocation a run.
func allocatesNothing(t *testing.T, what string, c losses.Criterion, out losses.Outputs, in losses.Inputs) {
	t.Helper()
	defer parallel.AlwaysHelped()()
	allocs := testing.AllocsPerRun(60, func() {
		runtime.GOMAXPROCS(2) // AllocsPerRun sets it to 1
		if err := c.EvalInto(out, in); err != nil {
			t.Fatal(what, err)
		}
	})
	assert.Zero(t, allocs, what)
}

// TestEvalAllocations: Eval and EvalGrad allocate the tensors they return and little else.
func TestEvalAllocations(t *testing.T) {
	if raceEnabled {
		t.Skip("not under the race detector")
	}
	z, y := dense(tensor.Float32, make([]float64, 640), 64, 10), indices(tensor.Int, make([]int, 64)...)
	var c losses.Criterion
	allocs := testing.AllocsPerRun(100, func() {
		_, err := c.Eval(z, y)
		require.NoError(t, err)
	})
	assert.LessOrEqual(t, allocs, 16.0, "Eval")
	allocs = testing.AllocsPerRun(100, func() {
		_, _, err := c.EvalGrad(z, y)
		require.NoError(t, err)
	})
	assert.LessOrEqual(t, allocs, 32.0, "EvalGrad")
	t.Logf("EvalGrad allocates %v times", allocs)
}
