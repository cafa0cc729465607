package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/oracle"
	"softloss/losses"
)

// TestTinyLosses: a loss and a gradient of 1e-30 are right to the last digits in float32 too,
// where log(Σexp) and p - 1 are 0.
func TestTinyLosses(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 3, z: []float64{20, 0, 0}, index: []int{0}}
	require.Equal(t, "4.12e-09", fmt.Sprintf("%.2e", b.eval(t, losses.Criterion{}).loss[0]))

	ce, mae := losses.CrossEntropy{}, losses.MAE{}
	for _, dt := range floatDtypes {
		for _, gap := range []float64{5, 20, 40, 60, 70, 85} {
			soft := batch{dt: dt, n: 1, k: 4, z: []float64{0, gap, -1, 3 - gap}, t: oneHot(4, 1)}
			hard := soft
			hard.index = []int{1}
			rtol, underflow := 4*epsilon(dt), 0x1p-149
			if dt == tensor.Float64 {
				underflow = 0
				rtol = gap * epsilon(dt) // z - M is rounded before it is exponentiated
			}
			for name, l := range map[string][2]losses.Loss{ // and the one that the oracle has a formula for
				"ce": {ce, ce}, "ce-row": {byRow{ce}, ce}, "mae": {mae, mae}, "mae-row": {byRow{mae}, mae},
				"gce": {GCE{Q: .7}, losses.GCE{Q: .7}}, // of example_loss_test.go
			} {
				c := losses.Criterion{Loss: l[0]}
				want, err := oracle.Evaluate(losses.Criterion{Loss: l[1]},
					oracle.Batch{N: 1, K: 4, Logits: soft.z, Labels: soft.t}, dt == tensor.Float32)
				require.NoError(t, err)
				for form, b := range map[string]batch{"soft": soft, "index": hard} {
					for _, got := range []result{b.eval(t, c), {loss: b.lossAlone(t, c), grad: b.eval(t, c).grad}} {
						what := fmt.Sprint(name, " ", form, " ", dt, " ", gap)
						near(t, what+" loss", got.loss, exactly(want.Loss), rtol, 0)
						near(t, what+" grad", got.grad, exactly(want.Grad), rtol, underflow)
					}
				}
			}
		}
	}
	b = batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{70, 0}, index: []int{0}}
	near(t, "e^-70", b.lossAlone(t, losses.Criterion{}), []float64{math.Exp(-70)}, epsilon(tensor.Float32), 0)
}

// exactly returns the oracle's numbers.
func exactly(values []oracle.Value) []float64 {
	x := make([]float64, len(values))
	for i, v := range values {
		x[i], _ = v.Exact.Float64()
	}
	return x
}

// lossAlone is the loss when nothing else is asked for.
func (b batch) lossAlone(t tester, c losses.Criterion) []float64 {
	out := losses.Outputs{Loss: b.outputs(c).Loss}
	require.NoError(t, c.EvalInto(out, b.inputs(c)))
	return values(out.Loss)
}

// TestSumsInFloat64: the sum over a row and over the batch of float32 data does not lose what
// float32 would.
func TestSumsInFloat64(t *testing.T) {
	const n = 1 << 17
	b := batch{dt: tensor.Float32, n: n, k: 2, z: make([]float64, 2*n), index: make([]int, n)}
	c := losses.Criterion{Reduction: losses.Sum}
	near(t, "n log 2", b.lossAlone(t, c), []float64{n * math.Ln2}, epsilon(tensor.Float32), 0)
	c.Reduction = losses.Mean
	near(t, "log 2", b.lossAlone(t, c), []float64{math.Ln2}, epsilon(tensor.Float32), 0)

	wide := batch{dt: tensor.Float32, n: 1, k: n, z: make([]float64, n), index: []int{3}}
	near(t, "log K", wide.lossAlone(t, c), []float64{math.Log(n)}, epsilon(tensor.Float32), 0)
	wide.index, wide.t = nil, repeat(n, func(int) float64 { return 0x1p-17 })
	near(t, "log K, soft", wide.lossAlone(t, c), []float64{math.Log(n)}, epsilon(tensor.Float32), 0)
}
