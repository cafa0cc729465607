package train

import (
	"context"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"

	"softloss/internal/numtest"
	"softloss/losses"
)

func requireClose(t *testing.T, want []float64, got []float32, rtol, atol float64, what string) {
	t.Helper()
	require.Len(t, got, len(want), what)
	for i := range want {
		if !numtest.Close(float64(got[i]), want[i], rtol, atol) {
			t.Fatalf("%s: element %d: got %v, want %v", what, i, got[i], want[i])
		}
	}
}

// gradOf returns a copy of the gradient of parameter i after a run.
func gradOf(t *testing.T, n *network, i int) []float32 {
	t.Helper()
	return append([]float32(nil), n.grads[i]...)
}

func testCriteria() map[string]losses.Criterion {
	return map[string]losses.Criterion{
		"ce":       {},
		"notebook": losses.SoftLabelCriterion(0.1, losses.Mean),
		"mae":      {Loss: losses.MAE{}},
		"sum":      {Reduction: losses.Sum},
		"probs":    {FromProbs: true, Smoothing: losses.Smoothing{Alpha: 0.2}},
		"custom":   {Loss: squared{Scale: 2}},
	}
}

// squared is a loss of a user's own: Scale Σ (p - t)².
type squared struct{ Scale float64 }

func (s squared) Row(r losses.Row) (sum float64) {
	for k, p := range r.P {
		d := p - r.Target[k]
		sum += s.Scale * d * d
		if r.Grad != nil {
			r.Grad[k] = 2 * s.Scale * d * p
		}
	}
	return sum
}

// Loss, gradients and the weights after some steps equal those of loops in float64, for shapes with
// every kind of 1.
func TestStepEqualsReference(t *testing.T) {
	for _, s := range []struct {
		n     int
		sizes []int
	}{
		{5, []int{3, 4, 2}}, {1, []int{3, 4, 2}}, {4, []int{1, 3, 2}}, {4, []int{2, 1, 3}}, {4, []int{3, 2, 1}},
		{4, []int{2, 3, 2, 3}},
		{1, []int{1, 1, 1}}, {3, []int{1, 2}}, {1, []int{1, 1}}, {6, []int{4, 3}}, {2, []int{1, 1, 1, 2}},
	} {
		for name, c := range testCriteria() {
			for _, weighted := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/n=%d/%s/weighted=%t", s.sizes, s.n, name, weighted), func(t *testing.T) {
					set := randomSet(s.n, s.sizes[0], s.sizes[len(s.sizes)-1], 3)
					var weights []float32
					if weighted {
						weights = make([]float32, s.n)
						for i := range weights {
							weights[i] = 0.5 + float32(i)
						}
					}
					m := newModel(s.sizes, 11)
					for _, l := range m.layers {
						for j := range l.Bias.Float32s() {
							l.Bias.Float32s()[j] = 0.1 * float32(j+1)
						}
					}
					ref := newReference(m, 0.01)
					n, err := newNetwork(m, c, s.n, purpose{train: true})
					require.NoError(t, err)
					a := newAdam(m, Config{})
					for range 3 {
						require.NoError(t, n.load(set, allRows(s.n), weights))
						loss, err := n.run()
						require.NoError(t, err)
						ref.run(t, set, weights, c)
						require.True(t, numtest.Close(loss, ref.lossVal, 1e-5, 1e-6), "loss %v, want %v", loss, ref.lossVal)
						for i := range ref.dw {
							requireClose(t, ref.dw[i], gradOf(t, n, 2*i), 1e-4, 2e-6, "dw")
							requireClose(t, ref.db[i], gradOf(t, n, 2*i+1), 1e-4, 2e-6, "db")
						}
						if s.sizes[len(s.sizes)-1] == 1 {
							continue // the gradient is rounding, which Adam would blow up
						}
						a.step(n.grads, 0.01)
						ref.step()
						z, err := m.Logits(set.Features)
						require.NoError(t, err)
						ref.run(t, set, weights, c)
						requireClose(t, ref.logits, z.Float32s(), 1e-3, 1e-4, "logits")
					}
				})
			}
		}
	}
}

// A padded batch gives the bits of a graph of the smaller size, whatever the padding leaves in the
// loss.
func TestPaddedBatchEqualsSmallerBatch(t *testing.T) {
	for name, c := range testCriteria() {
		for _, s := range [][3]int{{7, 5, 12}, {64, 1, 300}, {130, 70, 12}} { // rows of the graph, of the batch, hidden units
			t.Run(fmt.Sprintf("%s/%v", name, s), func(t *testing.T) {
				set := randomSet(s[0], 6, 4, 5)
				var got, want [][]float32
				var loss [2]float64
				for i, rows := range []int{s[0], s[1]} {
					m := newModel([]int{6, s[2], 4}, 2)
					n, err := newNetwork(m, c, rows, purpose{train: true})
					require.NoError(t, err)
					if i == 0 { // what the padding overwrites
						require.NoError(t, n.load(set, allRows(rows), nil))
					}
					require.NoError(t, n.load(set, allRows(s[1]), nil))
					loss[i], err = n.run()
					require.NoError(t, err)
					grads := make([][]float32, len(n.params))
					for j := range grads {
						grads[j] = gradOf(t, n, j)
					}
					if i == 0 {
						got = grads
					} else {
						want = grads
					}
				}
				require.Equal(t, loss[1], loss[0])
				require.Equal(t, want, got)
			})
		}
	}
}

// The ops reject what does not fit instead of panicking, which would kill the process.
func TestLayerOpErrors(t *testing.T) {
	x, w, b := table(make([]float32, 6), 2, 3), table(make([]float32, 12), 3, 4), table(make([]float32, 4), 4)
	l := newLayerOp(2, 3)
	_, err := l.Do(x, w, b)
	require.NoError(t, err)
	for _, in := range [][]gorgonia.Value{
		{x, w}, {x, w, x}, {w, w, b}, {x, w, table(make([]float32, 3), 3)}, {x, w, gorgonia.NewF32(1)},
		{x, table(make([]float64, 12), 3, 4), b},
	} {
		_, err := l.Do(in...)
		require.Error(t, err)
	}
	_, err = l.SymDiff(nil, nil, nil)
	require.ErrorIs(t, err, ErrMismatch)
	require.NotEqual(t, l.Hashcode(), newLayerOp(3, 3).Hashcode())
	require.NotEqual(t, l.String(), newLayerOp(1, 3).String())
}

// NaN activations stay visible: a ReLU does not turn them into 0, nor does its gradient.
func TestForwardKeepsNaN(t *testing.T) {
	nan := float32(math.NaN())
	out := matrixIn(table(make([]float32, 2), 1, 2))
	forward(out, matrixIn(table([]float32{1}, 1, 1)), matrixIn(table([]float32{nan, -1}, 1, 2)), []float32{0, 0}, true)
	require.True(t, math.IsNaN(float64(out.Data[0])))
	require.Zero(t, out.Data[1])
	v, err := newReLUGradOp("").Do(table([]float32{nan, 0, 2, 1e-45}, 2, 2), table([]float32{1, 2, -3, nan}, 2, 2))
	require.NoError(t, err)
	g := v.Data().([]float32)
	require.Equal(t, []float32{1, 0, -3}, g[:3])
	require.True(t, g[3] != g[3])
}

// WeightedMean divides a mini-batch by the weights of its own rows: with all rows in one batch that
// of the whole set.
func TestWeightedMeanIsTrained(t *testing.T) {
	set := randomSet(30, 4, 3, 1)
	c := losses.Criterion{ClassWeights: []float64{1, 5, 0.5}, Reduction: losses.WeightedMean}
	cfg := Config{Hidden: []int{6}, Epochs: 1, BatchSize: 30, Criterion: c, Seed: 3}
	want, err := newModel([]int{4, 6, 3}, 3).Evaluate(set, c)
	require.NoError(t, err)
	_, h, err := Fit(context.Background(), cfg, set, nil, nil)
	require.NoError(t, err)
	require.InDelta(t, want.Loss, h[0].Loss, 1e-5)

	c.Reduction = losses.Mean
	mean, err := newModel([]int{4, 6, 3}, 3).Evaluate(set, c)
	require.NoError(t, err)
	require.Greater(t, math.Abs(mean.Loss-want.Loss), 0.05)
}

// The graph does not compute what nobody reads: the gradient of the features.
func TestNoGradientOfFeatures(t *testing.T) {
	m := newModel([]int{4, 6, 5, 3}, 9)
	n, err := newNetwork(m, losses.Criterion{}, 2, purpose{train: true})
	require.NoError(t, err)
	require.NoError(t, n.load(randomSet(2, 4, 3, 1), allRows(2), nil))
	_, err = n.run()
	require.NoError(t, err)
	require.Len(t, n.grads, 6)
	found := map[string]int{}
	for _, node := range n.graph.AllNodes() {
		if o, ok := node.Op().(*op); ok {
			found[o.Text]++
			require.NotNil(t, o.result, o.Text)
		}
	}
	require.Len(t, found, 3+3+2+2) // of weights, biases, ReLUs, inputs
	require.Zero(t, found["train: layer 1 of 3: input gradient"])
	require.Equal(t, 1, found["train: layer 2 of 3: input gradient"])
}
