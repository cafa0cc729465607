package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestUnitMap has rows of every size, of zeros and of what is no number; its derivatives are tested
// with those of the other row maps.
func TestUnitMap(t *testing.T) {
	m := losses.UnitMap()
	inf := math.Inf(1)
	got, err := m.Apply(dense(tensor.Float64,
		[]float64{3, 4, 3e300, -4e300, 3e-320, 4e-320, 0, 0, 1, math.NaN(), inf, 1, -0.5, 0}, 7, 2))
	require.NoError(t, err)
	y := values(got)
	near(t, "unit", y[:4], []float64{.6, .8, .6, -.8}, 1e-15, 0)
	near(t, "denormal", y[4:6], []float64{.6, .8}, 1e-4, 0)
	near(t, "zeros", y[6:8], []float64{0, 0}, 0, 0)
	for _, v := range y[8:12] {
		require.True(t, math.IsNaN(v))
	}
	near(t, "one axis", y[12:], []float64{-1, 0}, 0, 0)

	zero, u := dense(tensor.Float64, []float64{0, 0}, 1, 2), dense(tensor.Float64, []float64{1, 2}, 1, 2)
	g, err := m.Grad(zero, u)
	require.NoError(t, err)
	near(t, "gradient at 0", values(g), []float64{0, 0}, 0, 0)
	h, err := m.GradAlong(zero, u, u)
	require.NoError(t, err)
	near(t, "second derivative at 0", values(h), []float64{0, 0}, 0, 0)
	g, err = m.Grad(dense(tensor.Float64, []float64{5e-324}, 1, 1), dense(tensor.Float64, []float64{3}, 1, 1))
	require.NoError(t, err)
	near(t, "gradient on one axis", values(g), []float64{0}, 0, 0)
	require.False(t, m.Linear())
	for _, x := range []tensor.Tensor{nil, dense(tensor.Float64, []float64{1}), indices(tensor.Int, 1, 2)} {
		_, err := m.Apply(x)
		require.Error(t, err)
	}
	_, err = m.Grad(zero, dense(tensor.Float32, []float64{1, 2}, 1, 2))
	require.ErrorIs(t, err, losses.ErrDtype)
	_, err = m.Along(zero, nil)
	require.ErrorIs(t, err, losses.ErrNil)
}
