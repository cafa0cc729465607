package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func TestOneHot(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, index := range []any{[]int{2, 0}, []int32{2, 0}, []int64{2, 0}} {
			got, err := losses.OneHot(tensor.New(tensor.WithBacking(index)), 3, dt)
			require.NoError(t, err)
			assert.Equal(t, dt, got.Dtype())
			assert.Equal(t, tensor.Shape{2, 3}, got.Shape())
			same(t, "one-hot", values(got), []float64{0, 0, 1, 1, 0, 0})
		}
	}
	two := tensor.New(tensor.WithBacking([]int{0, 3}))
	_, err := losses.OneHot(two, 3, tensor.Float64)
	require.EqualError(t, err, "losses: index: row 1: 3 is out of range, want a class in [0, 3)")
	require.ErrorIs(t, err, losses.ErrIndex)
	_, err = losses.OneHot(two, 0, tensor.Float64)
	require.ErrorIs(t, err, losses.ErrParam)
	_, err = losses.OneHot(two, 4, tensor.Int)
	require.ErrorIs(t, err, losses.ErrDtype)
	_, err = losses.OneHot(dense(tensor.Float64, []float64{0, 1}, 2), 4, tensor.Float64)
	require.ErrorIs(t, err, losses.ErrDtype)
	_, err = losses.OneHot(nil, 4, tensor.Float64)
	require.ErrorIs(t, err, losses.ErrNil)
	for _, classes := range []int{math.MaxInt, math.MaxInt/2 + 2, math.MaxInt32/2 + 1} {
		_, err = losses.OneHot(two, classes, tensor.Float64)
		require.EqualError(t, err,
			fmt.Sprintf("losses: classes: %d is out of range, want at most 1073741823 for 2 rows", classes))
		require.ErrorIs(t, err, losses.ErrParam)
	}
	if math.MaxInt > math.MaxInt32 { // else no number of classes is too large for one row
		_, err = losses.OneHot(tensor.New(tensor.WithShape(1), tensor.WithBacking([]int{1})), math.MaxInt, tensor.Float64)
		require.ErrorContains(t, err, "want at most 2147483647 for 1 row")
	}
	vector := dense(tensor.Float64, []float64{1, 0}, 2)
	_, err = losses.Criterion{Axis: 1}.Eval(vector, vector)
	require.EqualError(t, err, "losses: logits: shape (2) has no axis 1, want more than 1 dimension")
}

// TestNoDtype: the zero Dtype is no dtype of labels.
func TestNoDtype(t *testing.T) {
	for name, f := range map[string]func(tensor.Tensor, int, tensor.Dtype) (*tensor.Dense, error){
		"OneHot": losses.OneHot, "OrdinalLabels": losses.OrdinalLabels, "CumulativeLabels": losses.CumulativeLabels,
	} {
		_, err := f(indices(tensor.Int, 1), 3, tensor.Dtype{})
		require.ErrorIs(t, err, losses.ErrDtype, name)
		assert.EqualError(t, err, "losses: labels: a dtype without a type is not supported, want float32 or float64", name)
	}
}

func TestVotesToLabels(t *testing.T) {
	for _, dt := range floatDtypes {
		got, err := losses.VotesToLabels(dense(dt, []float64{1, 3, 0, 2, 0, 0}, 2, 3))
		require.NoError(t, err)
		same(t, "labels", values(got), []float64{.25, .75, 0, 1, 0, 0})
	}
	for _, c := range []struct {
		votes []float64
		want  string
	}{
		{[]float64{1, 1, 2, -1}, "losses: votes: row 1 column 1: -1 is negative, want a finite number >= 0"},
		{[]float64{1, nan, 1, 1}, "losses: votes: row 0 column 1: NaN is not a number, want a finite number >= 0"},
		{[]float64{1, 1, 0, 0}, "losses: votes: row 1: the sum 0 is no number of votes, want at least one vote"},
		{[]float64{1, 1, 1e308, 1e308}, "losses: votes: row 1: the sum overflows, want votes whose sum is finite"},
	} {
		_, err := losses.VotesToLabels(dense(tensor.Float64, c.votes, 2, 2))
		require.EqualError(t, err, c.want)
		require.ErrorIs(t, err, losses.ErrLabel)
	}
}

func TestMixLabels(t *testing.T) {
	for _, dt := range floatDtypes {
		a, b := dense(dt, []float64{1, 0, 0, 1}, 2, 2), dense(dt, []float64{0, 1, 0, 1}, 2, 2)
		got, err := losses.MixLabels(a, b, 0.75)
		require.NoError(t, err)
		same(t, "mix", values(got), []float64{.75, .25, 0, 1})
		same(t, "a is not modified", values(a), []float64{1, 0, 0, 1})
		_, err = losses.MixLabels(a, dense(dt, make([]float64, 6), 3, 2), 0.5)
		require.ErrorIs(t, err, losses.ErrShape)
		for _, lambda := range []float64{-.1, 1.1, nan} {
			_, err = losses.MixLabels(a, b, lambda)
			require.ErrorIs(t, err, losses.ErrParam)
		}
		_, err = losses.MixLabels(a, dense(dt, []float64{0, 1, -2, 1}, 2, 2), 0.5)
		require.EqualError(t, err, "losses: labels b: row 1 column 0: -2 is negative, want a finite number >= 0")
	}
}

// TestTeacherLabels: the softmax of the logits over the temperature, and the student's gradient is
// 0 where it agrees.
func TestTeacherLabels(t *testing.T) {
	z := dense(tensor.Float64, []float64{3, -1, 0, 7, 7, 1}, 2, 3)
	const temperature = 4.0
	labels, err := losses.TeacherLabels(z, temperature)
	require.NoError(t, err)
	want := make([]float64, 6)
	for i := range 2 {
		var sum float64
		for j := range 3 {
			sum += math.Exp(z.Float64s()[3*i+j] / temperature)
		}
		for j := range 3 {
			want[3*i+j] = math.Exp(z.Float64s()[3*i+j]/temperature) / sum
		}
	}
	near(t, "labels", values(labels), want, 1e-14, 0)
	_, grad, err := losses.Criterion{Temperature: temperature}.EvalGrad(z, labels)
	require.NoError(t, err)
	near(t, "gradient of a student like the teacher", values(grad), make([]float64, 6), 0, 1e-16)
	for _, bad := range []float64{0, -1, nan, inf} {
		_, err := losses.TeacherLabels(z, bad)
		require.ErrorIs(t, err, losses.ErrParam)
	}
}

// TestLogitAdjustment: with the shift of the true class shares, constant logits predict these
// shares.
func TestLogitAdjustment(t *testing.T) {
	shift, err := losses.LogitAdjustment([]float64{6, 3, 1}, 1)
	require.NoError(t, err)
	near(t, "shift", shift, []float64{math.Log(.6), math.Log(.3), math.Log(.1)}, 1e-15, 0)
	got, err := losses.Criterion{LogitShift: shift, Reduction: losses.None}.Eval(
		dense(tensor.Float64, make([]float64, 9), 3, 3), tensor.New(tensor.WithBacking([]int{0, 1, 2})))
	require.NoError(t, err)
	near(t, "loss", values(got), []float64{-math.Log(.6), -math.Log(.3), -math.Log(.1)}, 1e-15, 0)
	half, err := losses.LogitAdjustment([]float64{6, 3, 1}, 0.5)
	require.NoError(t, err)
	near(t, "half", half, []float64{shift[0] / 2, shift[1] / 2, shift[2] / 2}, 1e-15, 0)
	for _, counts := range [][]float64{{1, 0}, {1, -1}, {1, nan}, {1, inf}, {1e308, 1e308}} {
		_, err := losses.LogitAdjustment(counts, 1)
		require.ErrorIs(t, err, losses.ErrParam)
	}
	_, err = losses.LogitAdjustment([]float64{5e-324, 1e308}, 1e308)
	require.ErrorIs(t, err, losses.ErrParam)
	_, err = losses.LogitAdjustment([]float64{1}, nan)
	require.ErrorIs(t, err, losses.ErrParam)
}

// TestOneHotBeyondMemory asks for as many labels of one row as have an index of 32 bits, which is
// more than the memory of such a machine.
func TestOneHotBeyondMemory(t *testing.T) {
	one := tensor.New(tensor.WithShape(1), tensor.WithBacking([]int{1}))
	for _, classes := range []int{math.MaxInt/8 + 1, math.MaxInt} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			_, err := losses.OneHot(one, classes, dt)
			require.ErrorIs(t, err, losses.ErrParam)
			require.ErrorContains(t, err, fmt.Sprintf("losses: classes: %d is out of range, want at most ", classes))
		}
	}
}
