package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

func TestScaler(t *testing.T) {
	x := tensorOf[float32](4, 1, .1, -10, 2, .1, 10, 3, .1, -10, 4, .1, 10)
	s, err := FitScaler(x)
	require.NoError(t, err)
	assert.Equal(t, []float64{2.5, float64(float32(.1)), 0}, s.Mean)
	assert.InDeltaSlice(t, []float64{math.Sqrt(1.25), 1, 10}, s.Std, 1e-15)
	y, err := s.Transform(x)
	require.NoError(t, err)
	a, b := float32(1.5/math.Sqrt(1.25)), float32(.5/math.Sqrt(1.25))
	assert.Equal(t, []float32{-a, 0, -1, -b, 0, 1, b, 0, -1, a, 0, 1}, f32(t, y))
	assert.Equal(t, float32(1), f32(t, x)[0], "the input stays as it is")

	fromView, err := FitScaler(columnsOf(t, x, 1, 3))
	require.NoError(t, err)
	assert.Equal(t, &Scaler{s.Mean[1:], s.Std[1:]}, fromView)
}

func TestScalerOnHardColumns(t *testing.T) {
	big, tiny := float32(3e38), float32(math.SmallestNonzeroFloat32)
	x := tensorOf(3, big, 16777216, 0, -big, 16777218, tiny, big, 16777216, 0)
	s, err := FitScaler(x)
	require.NoError(t, err)
	y, err := s.Transform(x)
	require.NoError(t, err)
	for j := range 3 {
		sum, squares := 0.0, 0.0
		for i := range 3 {
			v := float64(f32(t, y)[i*3+j])
			sum, squares = sum+v, squares+v*v
		}
		assert.InDelta(t, 0, sum, 1e-6, "column %d", j)
		assert.InDelta(t, 3, squares, 1e-6, "column %d", j)
	}
	one, err := FitScaler(tensorOf[float32](1, 5, 6))
	require.NoError(t, err)
	assert.Equal(t, &Scaler{[]float64{5, 6}, []float64{1, 1}}, one)
}

// Squares of the entries leave float64 at both ends, and so does the sum of the largest.
func TestScalerAtTheEnds(t *testing.T) {
	ordinary := []float64{1, 2, 4, -3, 7}
	want, err := FitScaler(tensorOf(5, ordinary...))
	require.NoError(t, err)
	for _, exponent := range []int{-1074, -1000, -600, 300, 511, 1020} {
		x := tensorOf(5, make([]float64, 5)...)
		for i, v := range ordinary {
			x.Float64s()[i] = math.Ldexp(v, exponent)
		}
		s, err := FitScaler(x)
		require.NoError(t, err)
		if exponent > -1074 {
			assert.Equal(t, math.Ldexp(want.Mean[0], exponent), s.Mean[0], exponent)
			assert.Equal(t, math.Ldexp(want.Std[0], exponent), s.Std[0], exponent)
		}
		assert.Positive(t, s.Std[0], exponent)
		_, err = s.Transform(x)
		require.NoError(t, err, exponent)
	}
	s, err := FitScaler(tensorOf(2, 0, math.SmallestNonzeroFloat64))
	require.NoError(t, err)
	assert.Positive(t, s.Std[0])
}

func TestScalerErrors(t *testing.T) {
	require.Equal(t, Unscaled(0), Unscaled(-1))
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(-1))} {
		_, err := FitScaler(tensorOf(2, 1, 2, 3, bad))
		checkRowError(t, err, "features", 1, 1)
		_, err = (&Scaler{[]float64{0}, []float64{1}}).Transform(tensorOf(2, 1, bad))
		checkRowError(t, err, "features", 1, 0)
	}
	_, err := FitScaler(nil)
	checkError(t, err, ErrShape)
	_, err = FitScaler(tensorOf(1, 1))
	checkError(t, err, ErrDtype)

	x := tensorOf[float32](1, 3e38)
	for _, test := range []struct {
		s    *Scaler
		x    *tensor.Dense
		kind error
		text string
	}{
		{nil, x, ErrParam, "scaler: got nil"},
		{&Scaler{[]float64{1}, nil}, x, ErrParam, "1 mean and 0 standard deviations"},
		{&Scaler{[]float64{math.NaN()}, []float64{1}}, x, ErrParam, "mean of column 0: got NaN"},
		{&Scaler{[]float64{0}, []float64{0}}, x, ErrParam, "standard deviation of column 0: got 0"},
		{&Scaler{[]float64{0}, []float64{math.NaN()}}, x, ErrParam, "got NaN"},
		{&Scaler{[]float64{0}, []float64{math.Inf(1)}}, x, ErrParam, "got +Inf"},
		{&Scaler{[]float64{0, 0}, []float64{1, 1}}, x, ErrShape, "features: got 1 column, want 2 as in the scaler"},
		{&Scaler{[]float64{0}, []float64{.5}}, x, ErrRow, "row 0 column 0: got 3e+38"},
		{&Scaler{[]float64{0}, []float64{1}}, nil, ErrShape, "nil, which is no tensor"},
	} {
		_, err := test.s.Transform(test.x)
		checkError(t, err, test.kind, test.text)
	}
}
