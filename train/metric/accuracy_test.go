package metric

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// table returns a tensor.
func table[T any](data []T, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

// random returns probabilities and labels [n, k].
func random(n, k int, seed uint64) (probs, labels *tensor.Dense) {
	r := rand.New(rand.NewPCG(seed, 0))
	z, y := make([]float32, n*k), make([]float32, n*k)
	for i := range z {
		z[i] = float32(2 * r.NormFloat64())
	}
	for i := range n {
		y[i*k+r.IntN(k)] = 1
	}
	probs, err := losses.Softmax(table(z, n, k))
	if err != nil {
		panic(err)
	}
	return probs, table(y, n, k)
}

func near(t *testing.T, want, got float64) {
	t.Helper()
	require.True(t, numtest.Close(got, want, 1e-12, 1e-15), "got %v, want %v", got, want)
}

func TestMetricsByHand(t *testing.T) {
	probs := table([]float64{
		.7, .2, .1, // class 0, right
		.3, .4, .3, // class 1, wrong: 2
		.4, .4, .2, // a tie goes to 0, right
		.1, .1, .8, // class 2, wrong: 1
	}, 4, 3)
	labels := table([]float64{1, 0, 0, 0, 0, 1, .5, .5, 0, .1, .6, .3}, 4, 3)
	acc, err := Accuracy(probs, labels, nil)
	require.NoError(t, err)
	near(t, 0.5, acc)
	for k, want := range map[int]float64{1: .5, 2: .5, 3: 1} { // rows 1 and 3 lose their tie with class 0
		top, err := TopAccuracy(probs, labels, nil, k)
		require.NoError(t, err)
		near(t, want, top)
	}
	// One bin: |1/2 - mean(.7 .4 .4 .8)|. Two bins: (0,.5] has .4 wrong and .4 right, (.5,1] .7
	// right and .8 wrong.
	one, err := ECE(probs, labels, nil, 1)
	require.NoError(t, err)
	near(t, 0.075, one)
	two, err := ECE(probs, labels, nil, 2)
	require.NoError(t, err)
	near(t, 0.5*math.Abs(.5-.4)+0.5*math.Abs(.5-.75), two)
	brier, err := Brier(probs, labels, nil)
	require.NoError(t, err)
	near(t, (.09+.04+.01+.09+.16+.49+.01+.01+.04+0+.25+.25)/4, brier)
	cells, err := Confusion(probs, labels, nil)
	require.NoError(t, err)
	require.Equal(t, [][]float64{{2, 0, 0}, {0, 0, 1}, {0, 1, 0}}, cells)
}

// all are the functions of this package as one number or several each.
func all(t *testing.T, probs, target tensor.Tensor, weights []float64) map[string]any {
	t.Helper()
	out := map[string]any{}
	put := func(name string, v any, err error) {
		require.NoError(t, err, name)
		out[name] = v
	}
	acc, err := Accuracy(probs, target, weights)
	put("accuracy", acc, err)
	top, err := TopAccuracy(probs, target, weights, 2)
	put("top", top, err)
	cells, err := Confusion(probs, target, weights)
	put("confusion", cells, err)
	report, err := Report(probs, target, weights)
	put("report", report, err)
	nll, err := NLL(probs, target, weights)
	put("nll", nll, err)
	brier, err := Brier(probs, target, weights)
	put("brier", brier, err)
	ece, err := ECE(probs, target, weights, 7)
	put("ece", ece, err)
	bins, err := Reliability(probs, target, weights, 7)
	put("reliability", bins, err)
	temperature, err := FitTemperature(probs, target, weights)
	put("temperature", temperature, err)
	return out
}

// However a tensor lies in memory, the answers are the same bits; an index is its one-hot labels.
func TestLayouts(t *testing.T) {
	probs, labels := random(40, 3, 1)
	want := all(t, probs, labels, nil)
	index := make([]int32, 40)
	for i := range index {
		for j := range 3 {
			if labels.Float32s()[3*i+j] == 1 {
				index[i] = int32(j)
			}
		}
	}
	require.Equal(t, want, all(t, probs, table(index, 40), nil))
	turned := func(d *tensor.Dense) *tensor.Dense { // the same, column by column in memory
		columns := make([]float32, 120)
		for i := range 40 {
			for j := range 3 {
				columns[j*40+i] = d.Float32s()[3*i+j]
			}
		}
		x := table(columns, 3, 40)
		require.NoError(t, x.T())
		return x
	}
	require.Equal(t, want, all(t, turned(probs), turned(labels), nil))
	wide := make([]float32, 160)
	for i := range 40 {
		copy(wide[4*i:], probs.Float32s()[3*i:3*i+3])
	}
	part, err := table(wide, 40, 4).Slice(nil, tensor.S(0, 3))
	require.NoError(t, err)
	require.Equal(t, want, all(t, part, labels, nil))

	// (1, 3), whose column-major form has a single stride in package tensor.
	p, y := table([]float32{.5, .3, .2}, 1, 3), table([]float32{0, 1, 0}, 1, 3)
	column := tensor.New(tensor.WithShape(1, 3), tensor.AsFortran([]float32{.5, .3, .2}))
	for _, f := range []func(a, b tensor.Tensor) (any, error){
		func(a, b tensor.Tensor) (any, error) { return Accuracy(a, b, nil) },
		func(a, b tensor.Tensor) (any, error) { return Brier(a, b, nil) },
		func(a, b tensor.Tensor) (any, error) { return NLL(a, b, nil) },
	} {
		want, err := f(p, y)
		require.NoError(t, err)
		got, err := f(column, y)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// A row of weight 2 is the row twice, and one of weight 0 is not there.
func TestWeights(t *testing.T) {
	probs, labels := random(30, 3, 3)
	weights := make([]float64, 30)
	var p, y []float32
	for i := range weights {
		weights[i] = float64(i % 3)
		for range i % 3 {
			p, y = append(p, probs.Float32s()[3*i:3*i+3]...), append(y, labels.Float32s()[3*i:3*i+3]...)
		}
	}
	want, got := all(t, table(p, 30, 3), table(y, 30, 3), nil), all(t, probs, labels, weights)
	for _, name := range []string{"accuracy", "top", "nll", "brier", "ece", "temperature"} {
		require.True(t, numtest.Close(got[name].(float64), want[name].(float64), 1e-12, 0), "%s: got %v, want %v",
			name, got[name], want[name])
	}
	require.Equal(t, want["confusion"], got["confusion"])
	require.Equal(t, want["report"], got["report"])

	for name, c := range map[string]struct {
		weights []float64
		text    string
	}{
		"few":      {[]float64{1}, "losses: weights: length 1 is wrong, want 2, one a row"},
		"negative": {[]float64{1, -1}, "losses: weights: row 1: -1 is out of range, want a finite number >= 0"},
		"NaN":      {[]float64{math.NaN(), 1}, "losses: weights: row 0: NaN is out of range, want a finite number >= 0"},
		"zero":     {[]float64{0, 0}, "losses: weights: the sum 0 is out of range, want a finite sum above 0"},
		"huge": {[]float64{math.MaxFloat64, math.MaxFloat64},
			"losses: weights: the sum +Inf is out of range, want a finite sum above 0"},
	} {
		_, err := Accuracy(table([]float32{1, 0, 0, 1}, 2, 2), table([]int{0, 1}, 2), c.weights)
		require.EqualError(t, err, c.text, name)
		require.ErrorIs(t, err, losses.ErrWeight)
	}
}

func TestErrors(t *testing.T) {
	ok := table([]float32{.5, .5}, 1, 2)
	nan := float32(math.NaN())
	for name, c := range map[string]struct {
		probs, target *tensor.Dense
		kind          error
		arg           string
		row, column   int
	}{
		"nil":           {nil, ok, losses.ErrNil, "probs", -1, -1},
		"nil target":    {ok, nil, losses.ErrNil, "labels", -1, -1},
		"shape":         {ok, table([]float32{1, 0, 0}, 1, 3), losses.ErrShape, "labels", -1, -1},
		"dtype":         {table([]int{1, 2}, 1, 2), ok, losses.ErrDtype, "probs", -1, -1},
		"labels' dtype": {ok, table([]float64{1, 0}, 1, 2), losses.ErrDtype, "labels", -1, -1},
		"above 1":       {table([]float32{.5, 1.5}, 1, 2), ok, losses.ErrProb, "probs", 0, 1},
		"NaN":           {table([]float32{nan, .5}, 1, 2), ok, losses.ErrProb, "probs", 0, 0},
		"negative":      {ok, table([]float32{0, -1}, 1, 2), losses.ErrLabel, "labels", 0, 1},
		"NaN label":     {ok, table([]float32{nan, 1}, 1, 2), losses.ErrLabel, "labels", 0, 0},
		"class":         {ok, table([]int{2}, 1), losses.ErrIndex, "index", 0, -1},
	} {
		for _, f := range []func() error{
			func() error { _, err := ECE(c.probs, c.target, nil, 15); return err },
			func() error { _, err := Brier(c.probs, c.target, nil); return err },
			func() error { _, err := NLL(c.probs, c.target, nil); return err },
			func() error { _, err := Reliability(c.probs, c.target, nil, 15); return err },
		} {
			var e *losses.Error
			require.ErrorAs(t, f(), &e, name)
			require.ErrorIs(t, e, c.kind, name)
			require.Equal(t, c.arg, e.Arg, name)
			require.Equal(t, []int{c.row, c.column}, []int{e.Row, e.Col}, name)
		}
	}
	_, err := ECE(ok, ok, nil, 0)
	require.EqualError(t, err, "losses: bins: 0 is out of range, want a number in 1..1048576")
	for _, k := range []int{0, 3} {
		_, err = TopAccuracy(ok, ok, nil, k)
		require.ErrorIs(t, err, losses.ErrParam)
	}
	for _, f := range []func(a, b tensor.Tensor, w []float64) error{
		func(a, b tensor.Tensor, w []float64) error { _, err := Accuracy(a, b, w); return err },
		func(a, b tensor.Tensor, w []float64) error { _, err := Confusion(a, b, w); return err },
		func(a, b tensor.Tensor, w []float64) error { _, err := Report(a, b, w); return err },
	} {
		require.EqualError(t, f(table([]float32{0, nan}, 1, 2), ok, nil),
			"losses: scores: row 0 column 1: NaN is not a number, want a number")
		require.EqualError(t, f(nil, ok, nil), "losses: scores: nil is no tensor, want a *tensor.Dense")
	}
	_, err = NLL(nil, ok, nil)
	require.EqualError(t, err, "losses: probs: nil is no tensor, want a *tensor.Dense")
	_, err = FitTemperature(table([]float32{0, nan}, 1, 2), ok, nil)
	require.EqualError(t, err, "losses: logits: row 0 column 1: NaN is not a number, want a number")
	acc, err := Accuracy(table([]float32{float32(math.Inf(-1)), 100}, 1, 2), table([]float32{0, 1}, 1, 2), nil)
	require.NoError(t, err) // logits will do
	require.Equal(t, 1.0, acc)
}

// TestOneClass: one column of scores, as a yes-or-no question has it, is no table of classes.
func TestOneClass(t *testing.T) {
	probs, labels := table([]float32{.9, .2}, 2, 1), table([]float32{0, 1}, 2, 1)
	for name, f := range map[string]func(a, b tensor.Tensor, w []float64) error{
		"scores":            func(a, b tensor.Tensor, w []float64) error { _, err := Accuracy(a, b, w); return err },
		"scores of a table": func(a, b tensor.Tensor, w []float64) error { _, err := Confusion(a, b, w); return err },
		"scores of classes": func(a, b tensor.Tensor, w []float64) error { _, err := Report(a, b, w); return err },
		"probs":             func(a, b tensor.Tensor, w []float64) error { _, err := NLL(a, b, w); return err },
		"probs squared":     func(a, b tensor.Tensor, w []float64) error { _, err := Brier(a, b, w); return err },
	} {
		arg, _, _ := strings.Cut(name, " ")
		err := f(probs, labels, nil)
		require.ErrorIs(t, err, losses.ErrShape, name)
		require.EqualError(t, err, "losses: "+arg+": shape (2, 1) has one class, which is every row's, "+
			"want 2 or more, which AsClasses makes of a yes-or-no question", name)
	}
	p, y, _ := AsClasses(losses.SigmoidLink, probs, labels, nil)
	acc, err := Accuracy(p, y, nil)
	require.NoError(t, err)
	require.Equal(t, 0.0, acc)
}
