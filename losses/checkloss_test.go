package losses_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/parallel"
	"softloss/losses"
)

// faulty is a loss of a user's one of whose methods does something that it should not.
type faulty struct {
	Losses   []losses.Loss
	Validate func() error
	Linear   func() bool
	AtRow    func(losses.Row) float64
}

func (f *faulty) Row(r losses.Row) float64 {
	if f.AtRow != nil {
		return f.AtRow(r)
	}
	return losses.CrossEntropy{}.Row(r)
}

type invalid struct{ *faulty }

func (f invalid) Validate() error { return f.faulty.Validate() }

type linear struct{ *faulty }

func (f linear) LinearInTarget() bool { return f.Linear() }

// both and named are losses made of others, which they hold otherwise than in a slice.
type both struct{ of [2]losses.Loss }

func (b *both) Row(r losses.Row) float64 { return b.of[0].Row(r) + b.of[1].Row(r) }

type named map[string]losses.Loss

func (n named) Row(r losses.Row) (sum float64) {
	for _, l := range n {
		sum += l.Row(r)
	}
	return sum
}

// TestFaultyLosses: whatever a loss of a user's does, the evaluation returns an error that names
// the loss.
func TestFaultyLosses(t *testing.T) {
	own := errors.New("Temper is wrong")
	for name, of := range map[string]struct {
		loss losses.Loss
		kind error
		text string
	}{
		"nil pointer": {(*losses.GCE)(nil), losses.ErrLoss,
			"losses: loss: *losses.GCE: nil is no loss, want a value"},
		"nil pointer's Row": {(*losses.MAE)(nil), losses.ErrLoss,
			"losses: loss: *losses.MAE: nil is no loss, want a value"},
		"nil embedded": {doubledMAE{}, losses.ErrLoss, ""},
		"nil in a sum": {losses.WeightedSum{{Weight: 1, Loss: (*faulty)(nil)}}, losses.ErrLoss,
			"losses: loss: term 0: *losses_test.faulty: nil is no loss, want a value"},
		"Validate panics": {invalid{&faulty{Validate: func() error { panic("boom") }}}, losses.ErrLoss,
			"losses: loss: losses_test.invalid: Validate panicked: boom"},
		"Validate": {invalid{&faulty{Validate: func() error { return own }}}, own, "losses: loss: Temper is wrong"},
		"Validate in a sum": {losses.WeightedSum{{Weight: 1,
			Loss: invalid{&faulty{Validate: func() error { return own }}}}}, own, "losses: loss: term 0: Temper is wrong"},
		"parameter in a sum": {losses.WeightedSum{{Weight: 1, Loss: losses.GCE{}}}, losses.ErrParam,
			"losses: loss: term 0: GCE.Q: 0 is out of range, want a number in (0, 1]; the paper uses 0.7"},
		"LinearInTarget": {linear{&faulty{Linear: func() bool { panic("boom") }}}, losses.ErrLoss,
			"losses: loss: losses_test.linear: LinearInTarget panicked: boom"},
		"Row panics": {&faulty{AtRow: func(losses.Row) float64 { panic("boom") }}, losses.ErrLoss,
			"losses: loss: row 0: *losses_test.faulty panicked: boom"},
		"Row writes too far": {&faulty{AtRow: func(r losses.Row) float64 { return r.P[3] }}, losses.ErrLoss, ""},
	} {
		refused(t, name, of.loss, of.kind, of.text)
	}
}

// refused wants a loss to be an error of this kind, wherever it is evaluated; text is that of the
// error, where that is not "".
func refused(t *testing.T, name string, loss losses.Loss, kind error, text string) {
	t.Helper()
	_, g, err := losses.Criterion{Loss: loss}.EvalGrad(dense(tensor.Float64, []float64{1, 2, 3}, 1, 3),
		indices(tensor.Int, 1))
	require.ErrorIs(t, err, kind, name)
	assert.Nil(t, g, name)
	if text != "" {
		assert.EqualError(t, err, text, name)
	}
	c := losses.Criterion{Loss: loss, FromProbs: true, ClassWeights: []float64{1, 2, 3}}
	assert.NotEmpty(t, c.Key(), name)
	assert.NotEmpty(t, c.Clone().Key(), name)
	losses.FormatLoss(c.Loss)
	assert.ErrorIs(t, losses.CheckGradient(c.Loss, 3), kind, name)
}

// TestLossesThatContainThemselves: a circle of losses, of any kind, is an error and no endless
// recursion.
func TestLossesThatContainThemselves(t *testing.T) {
	sum := losses.WeightedSum{{Weight: 1, Loss: losses.MAE{}}, {Weight: 1}}
	sum[1].Loss = losses.WeightedSum{{Weight: 1, Loss: sum}}
	embedded := losses.WeightedSum{{Weight: 1}}
	embedded[0].Loss = struct{ losses.WeightedSum }{embedded}
	ring := new(faulty)
	ring.Losses = []losses.Loss{losses.MAE{}, &faulty{Losses: []losses.Loss{ring}}}
	array := &both{[2]losses.Loss{losses.MAE{}}}
	array.of[1] = array
	byName := named{"mae": losses.MAE{}}
	byName["all"] = losses.WeightedSum{{Weight: 1, Loss: byName}}
	pointed := new(losses.WeightedSum)
	*pointed = losses.WeightedSum{{Weight: 1, Loss: pointed}}
	for name, loss := range map[string]losses.Loss{
		"sum of itself":       sum,
		"pointer to itself":   pointed,
		"sum of its embedder": embedded,
		"array of itself":     array,
		"map of itself":       byName,
		"ring":                ring,
	} {
		refused(t, name, loss, losses.ErrLoss,
			fmt.Sprintf("losses: loss: %T: the loss contains itself, want one made of others", loss))
	}
}

// TestOneLossTwice: a loss that is part of another one twice is no circle.
func TestOneLossTwice(t *testing.T) {
	shared := &faulty{Losses: []losses.Loss{losses.MAE{}}}
	for _, l := range []losses.Loss{losses.WeightedSum{{Weight: 1, Loss: shared}, {Weight: 2, Loss: shared}},
		&both{[2]losses.Loss{shared, shared}}, named{"one": shared, "two": shared}} {
		_, err := losses.Criterion{Loss: l}.Eval(dense(tensor.Float64, []float64{1, 2, 3}, 1, 3), indices(tensor.Int, 1))
		assert.NoError(t, err)
	}
}

// TestRowWritesNowhereElse: append to a slice of a row must not write to another.
func TestRowWritesNowhereElse(t *testing.T) {
	appends := &faulty{AtRow: func(r losses.Row) float64 {
		for _, s := range [][]float64{r.LogP, r.P, r.Rest, r.Target, r.Grad, r.TargetGrad} {
			_ = append(s, 9, 9, 9, 9, 9, 9)
		}
		return losses.CrossEntropy{}.Row(r)
	}}
	for _, loss := range []losses.Loss{appends, losses.WeightedSum{{Weight: 1, Loss: appends}}} {
		for _, dt := range floatDtypes {
			b := batch{dt: dt, n: 2, k: 3, z: []float64{1, 2, 3, 0, 5, 1}, t: []float64{.5, .25, .25, 1, 0, 0}}
			want := b.eval(t, losses.Criterion{Loss: byRow{losses.CrossEntropy{}}})
			got := b.eval(t, losses.Criterion{Loss: loss})
			same(t, "loss", got.loss, want.loss)
			same(t, "grad", got.grad, want.grad)
			same(t, "labels' grad", got.tgrad, want.tgrad)
		}
	}
}

// TestGoexit: a method that ends its goroutine, as t.FailNow does, ends neither the caller's nor
// gives a result with rows of an evaluation before, whatever the number of rows.
func TestGoexit(t *testing.T) {
	defer parallel.AlwaysHelped()()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	for _, n := range []int{2, 40000} {
		b := batch{dt: tensor.Float64, n: n, k: 2, z: make([]float64, 2*n), index: make([]int, n)}
		for i := n / 2; i < n; i++ {
			b.index[i] = 1
		}
		exits := func(label int) losses.Loss {
			return &faulty{AtRow: func(r losses.Row) float64 {
				if r.Target[label] == 1 {
					runtime.Goexit()
				}
				return 7
			}}
		}
		validate := invalid{&faulty{Validate: func() error { runtime.Goexit(); return nil }}}
		isLinear := linear{&faulty{Linear: func() bool { runtime.Goexit(); return true }}}
		for want, loss := range map[string]losses.Loss{
			"row 0: *losses_test.faulty ended its goroutine":                    exits(0),
			fmt.Sprintf("row %d: *losses_test.faulty ended its goroutine", n/2): exits(1),
			"row 0: losses.WeightedSum ended its goroutine":                     losses.WeightedSum{{Weight: 1, Loss: exits(0)}},
			"losses_test.invalid: Validate ended its goroutine":                 validate,
			"losses_test.linear: LinearInTarget ended its goroutine":            isLinear,
			"term 0: losses_test.invalid: Validate ended its goroutine":         losses.WeightedSum{{Weight: 1, Loss: validate}},
		} {
			returned := make(chan error, 1)
			go func() {
				err := errors.New("the caller's goroutine ended")
				defer func() { returned <- err }()
				_, err = b.try(t, losses.Criterion{Loss: loss})
			}()
			err := <-returned
			assert.EqualError(t, err, "losses: loss: "+want)
			assert.ErrorIs(t, err, losses.ErrLoss)
			b.eval(t, losses.Criterion{}) // no engine is left half done
		}
	}
}

// TestLinearInTargetLater: a LinearInTarget that fails after the first call does not panic either.
func TestLinearInTargetLater(t *testing.T) {
	for last := range 4 {
		calls := 0
		loss := linear{&faulty{Linear: func() bool {
			if calls++; calls > last {
				panic("boom")
			}
			return true
		}}}
		b := batch{dt: tensor.Float64, n: 1, k: 2, z: make([]float64, 2), index: []int{0}}
		c := losses.Criterion{Loss: loss}
		if err := c.EvalInto(losses.Outputs{Loss: b.outputs(c).Loss}, b.inputs(c)); err != nil {
			assert.ErrorIs(t, err, losses.ErrLoss)
		}
	}
}
