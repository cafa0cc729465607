package losses_test

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

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
						// A goroutine that moves to the other processor may leave its engine
						// behind, once: 60 runs make that less than one allocation a run.
						allocs := testing.AllocsPerRun(60, func() {
							runtime.GOMAXPROCS(2) // AllocsPerRun sets it to 1
							if err := c.EvalInto(out, in); err != nil {
								t.Fatal(err)
							}
						})
						assert.Zero(t, allocs, fmt.Sprintf("%s %s %v n=%d index %v", lossName, optionName, dt, n,
							indexed))
					}
				}
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
					allocs := testing.AllocsPerRun(60, func() {
						runtime.GOMAXPROCS(2) // AllocsPerRun sets it to 1
						if err := c.EvalInto(out, in); err != nil {
							t.Fatal(err)
						}
					})
					assert.Zero(t, allocs, fmt.Sprintf("%s %s %v", e.Name, option, dt))
					out.TargetGrad = nil
				}
			}
		}
	}
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
