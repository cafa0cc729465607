package train

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// The numeric forward pass equals a graph of Gorgonia's own pieces, across row chunks, for views,
// and row by row.
func TestLogitsEqualGraph(t *testing.T) {
	for _, s := range [][]int{{5, 7, 3}, {3, 2}, {1, 1, 1}, {70, 130, 40, 9}} {
		for _, n := range []int{1, 3, chunk - 1, chunk, 2*chunk + 5} {
			m := newModel(s, 4)
			set := randomSet(n, s[0], s[len(s)-1], 9)
			for _, l := range m.layers {
				for j := range l.Bias.Float32s() {
					l.Bias.Float32s()[j] = float32(math.Cos(float64(j)))
				}
			}
			got, err := m.Logits(set.Features)
			require.NoError(t, err)
			g := gorgonia.NewGraph()
			node := func(name string, d *tensor.Dense) *gorgonia.Node {
				return gorgonia.NewTensor(g, tensor.Float32, 2, gorgonia.WithShape(d.Shape()...),
					gorgonia.WithName(name), gorgonia.WithValue(d))
			}
			h := node("x", set.Features)
			for i, l := range m.Layers() {
				require.NoError(t, l.Bias.Reshape(1, l.Bias.Shape()[0]))
				h = gorgonia.Must(gorgonia.Mul(h, node("w"+string(rune('a'+i)), l.Weights)))
				ones := make([]float32, n)
				for j := range ones {
					ones[j] = 1
				}
				one := node("one", table(ones, n, 1))
				h = gorgonia.Must(gorgonia.Add(h, gorgonia.Must(gorgonia.Mul(one, node("b"+string(rune('a'+i)), l.Bias)))))
				if i < len(m.layers)-1 {
					h = gorgonia.Must(gorgonia.Rectify(h))
				}
			}
			vm := gorgonia.NewTapeMachine(g)
			require.NoError(t, vm.RunAll())
			requireClose(t, widen(h.Value().Data().([]float32)), got.Float32s(), 1e-5, 1e-5, "logits")
			require.NoError(t, vm.Close())

			// A row on its own has the bits that it has in the batch.
			one, err := m.Logits(table(set.Features.Float32s()[(n-1)*s[0]:], 1, s[0]))
			require.NoError(t, err)
			require.Equal(t, got.Float32s()[(n-1)*s[len(s)-1]:], one.Float32s())

			probs, err := m.Predict(set.Features)
			require.NoError(t, err)
			want, err := losses.Softmax(got)
			require.NoError(t, err)
			require.Equal(t, want.Float32s(), probs.Float32s())
		}
	}
}

func TestPredictOnViews(t *testing.T) {
	m := newModel([]int{2, 3, 2}, 4)
	want, err := m.Predict(table([]float32{1, 2, 3, 4, 5, 6}, 3, 2))
	require.NoError(t, err)
	x := table([]float32{1, 3, 5, 2, 4, 6}, 2, 3)
	require.NoError(t, x.T())
	got, err := m.Predict(x)
	require.NoError(t, err)
	require.Equal(t, want.Float32s(), got.Float32s())
	wide, err := table([]float32{9, 1, 2, 9, 3, 4, 9, 5, 6}, 3, 3).Slice(nil, tensor.S(1, 3))
	require.NoError(t, err)
	got, err = m.Predict(wide.(*tensor.Dense))
	require.NoError(t, err)
	require.Equal(t, want.Float32s(), got.Float32s())
}

func TestNewModel(t *testing.T) {
	m := newModel([]int{3, 4, 2}, 1)
	copied, err := NewModel(m.Layers())
	require.NoError(t, err)
	require.Equal(t, weightsOf(m), weightsOf(copied))
	require.Equal(t, []int{3, 4, 2}, copied.Sizes())
	layers := copied.Layers()
	layers[0].Weights.Float32s()[0] = 99 // a copy
	require.Equal(t, weightsOf(m), weightsOf(copied))

	w, b := table(make([]float32, 6), 3, 2), table(make([]float32, 2), 2)
	viewed := table(make([]float32, 6), 2, 3)
	require.NoError(t, viewed.T())
	_, err = NewModel([]Layer{{viewed, b}})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		layers []Layer
		kind   error
	}{
		"none":       {nil, ErrEmpty},
		"nil":        {[]Layer{{}}, ErrEmpty},
		"no bias":    {[]Layer{{w, nil}}, ErrEmpty},
		"bias":       {[]Layer{{w, table(make([]float32, 3), 3)}}, ErrMismatch},
		"bias [1,2]": {[]Layer{{w, table(make([]float32, 2), 1, 2)}}, ErrMismatch},
		"dtype":      {[]Layer{{table(make([]float64, 6), 3, 2), b}}, ErrDtype},
		"bias none":  {[]Layer{{w, new(tensor.Dense)}}, ErrEmpty},
		"bias dtype": {[]Layer{{w, table(make([]float64, 2), 2)}}, ErrDtype},
		"chain":      {[]Layer{{w, b}, {w, b}}, ErrMismatch},
		"nan":        {[]Layer{{w, table([]float32{0, float32(math.NaN())}, 2)}}, ErrValue},
	} {
		_, err := NewModel(c.layers)
		require.ErrorIs(t, err, c.kind, name)
	}
}

func TestEvaluateReductions(t *testing.T) {
	set := randomSet(300, 4, 3, 1)
	m := newModel([]int{4, 8, 3}, 1)
	z, err := m.Logits(set.Features)
	require.NoError(t, err)
	want, err := losses.Criterion{}.Eval(z, set.Labels)
	require.NoError(t, err)
	for _, r := range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
		got, err := m.Evaluate(set, losses.Criterion{Reduction: r})
		require.NoError(t, err)
		require.Equal(t, float64(want.Float32s()[0]), got.Loss)
		require.Equal(t, 300, got.Rows)
		inGraph, err := m.EvaluateGraph(set, losses.Criterion{Reduction: r})
		require.NoError(t, err)
		require.InEpsilon(t, got.Loss, inGraph, 1e-6)
	}
}

func TestInitialWeights(t *testing.T) {
	m := newModel([]int{400, 300, 200}, 5)
	for i, gain := range []float64{2, 1} {
		var sum, square float64
		w := m.layers[i].Weights.Float32s()
		for _, v := range w {
			sum += float64(v)
			square += float64(v) * float64(v)
		}
		n, want := float64(len(w)), gain/float64(m.Sizes()[i])
		require.InDelta(t, 0, sum/n, 5*math.Sqrt(want/n))
		require.InEpsilon(t, want, square/n, 5*math.Sqrt(2/n))
		for _, b := range m.layers[i].Bias.Float32s() {
			require.Zero(t, b)
		}
	}
}
