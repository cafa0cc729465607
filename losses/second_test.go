package losses_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// secondCase is a function with its first derivative and those of this file.
type secondCase struct {
	name     string
	upDims   int // of what the function returns
	value    func(z tensor.Tensor) (*tensor.Dense, error)
	grad     func(z, u tensor.Tensor) (*tensor.Dense, error)
	along    func(z, v tensor.Tensor) (*tensor.Dense, error)
	gradGrad func(z, u, v tensor.Tensor) (*tensor.Dense, error)
}

var secondCases = []secondCase{
	{"Softmax", 2, losses.Softmax, losses.SoftmaxGrad, losses.SoftmaxGrad, losses.SoftmaxGradGrad},
	{"LogSoftmax", 2, losses.LogSoftmax, losses.LogSoftmaxGrad, losses.LogSoftmaxAlong, losses.LogSoftmaxGradGrad},
	{"LogSumExp", 1, losses.LogSumExp, losses.LogSumExpGrad, losses.LogSumExpAlong, losses.LogSumExpGradGrad},
}

// smoothings are those whose Jacobians are tested, with the labels that suit them.
var smoothings = []losses.Smoothing{
	{}, {Alpha: 0.3}, {Alpha: 0.3, Prior: []float64{0.5, 0.25, 0.25, 0}},
	{Rule: losses.SmoothUniform, Alpha: 0.2}, {Rule: losses.SmoothNotebook, Alpha: 0.4},
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// TestRowSecondDerivatives holds Along against the transposed first derivative, and GradGrad against differences.
func TestRowSecondDerivatives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(int) float64 { return r.NormFloat64() }
	for _, c := range secondCases {
		for _, s := range [][2]int{{3, 4}, {1, 3}, {2, 1}, {5, 17}} {
			n, k := s[0], s[1]
			shape := s[:c.upDims]
			z, v := repeat(n*k, normal), repeat(n*k, normal)
			u := repeat(tensor.Shape(shape).TotalSize(), normal)
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				zt, vt, ut := dense(dt, z, n, k), dense(dt, v, n, k), dense(dt, u, shape...)
				d, err := c.along(zt, vt)
				require.NoError(t, err, c.name)
				require.Equal(t, tensor.Shape(shape), d.Shape(), c.name)
				g, err := c.grad(zt, ut)
				require.NoError(t, err, c.name)
				near(t, c.name+" along", []float64{dot(values(ut), values(d))}, []float64{dot(values(g), values(vt))}, 50*epsilon(dt), 50*epsilon(dt))
				gg, err := c.gradGrad(zt, ut, vt)
				require.NoError(t, err, c.name)
				require.Equal(t, dt, gg.Dtype())
				want := numtest.NumGrad(func(x []float64) float64 {
					g, err := c.grad(dense(tensor.Float64, x, n, k), dense(tensor.Float64, values(ut), shape...))
					require.NoError(t, err)
					return dot(values(vt), values(g))
				}, values(zt))
				near(t, c.name+" second derivative", values(gg), want, 1e-8+50*epsilon(dt), 1e-9+50*epsilon(dt))
			}
		}
	}
}

// TestRowSecondSaturated has rows in which one p is 1 to the last bit; with two classes all is a formula of the other, q.
func TestRowSecondSaturated(t *testing.T) {
	for _, gap := range []float64{1, 40, 300, 700} {
		q := 1 / (1 + math.Exp(gap))
		p := 1 - q
		z, e := dense(tensor.Float64, []float64{gap, 0}, 1, 2), dense(tensor.Float64, []float64{1, 0}, 1, 2)
		one := dense(tensor.Float64, []float64{1}, 1)
		for name, c := range map[string]struct {
			got  func() (*tensor.Dense, error)
			want []float64
		}{
			"LogSoftmaxAlong":    {func() (*tensor.Dense, error) { return losses.LogSoftmaxAlong(z, e) }, []float64{q, -p}},
			"LogSumExpAlong":     {func() (*tensor.Dense, error) { return losses.LogSumExpAlong(z, e) }, []float64{p}},
			"SoftmaxGradGrad":    {func() (*tensor.Dense, error) { return losses.SoftmaxGradGrad(z, e, e) }, []float64{p * q * (q - p), p * q * (p - q)}},
			"LogSoftmaxGradGrad": {func() (*tensor.Dense, error) { return losses.LogSoftmaxGradGrad(z, e, e) }, []float64{-p * q, p * q}},
			"LogSumExpGradGrad":  {func() (*tensor.Dense, error) { return losses.LogSumExpGradGrad(z, one, e) }, []float64{p * q, -p * q}},
		} {
			got, err := c.got()
			require.NoError(t, err)
			near(t, name, values(got), c.want, 1e-12, 0)
		}
	}
}

// TestRowSecondSpecial has -Inf logits, under which infinite vectors do no harm, and rows without a softmax.
func TestRowSecondSpecial(t *testing.T) {
	inf := math.Inf(1)
	z := dense(tensor.Float64, []float64{1, 2, -inf, math.NaN(), 0, 0}, 2, 3)
	u := dense(tensor.Float64, []float64{1, -1, inf, 1, 1, 1}, 2, 3)
	short := dense(tensor.Float64, []float64{1, 2}, 1, 2)
	us := dense(tensor.Float64, []float64{1, -1}, 1, 2)
	for name, f := range map[string]func(z, u, v tensor.Tensor) (*tensor.Dense, error){"softmax": losses.SoftmaxGradGrad} {
		got, err := f(z, u, u)
		require.NoError(t, err)
		want, err := f(short, us, us)
		require.NoError(t, err)
		near(t, name, values(got)[:3], append(values(want), 0), 1e-15, 0)
		for _, x := range values(got)[3:] {
			require.True(t, math.IsNaN(x), name)
		}
	}
}

func TestSmoothingAlong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	labels := dense(tensor.Float64, []float64{0.5, 0.3, 0.15, 0.05, 1, 0, 0, 0, 0, 0, 0, 0}, 3, 4)
	for _, s := range smoothings {
		u := dense(tensor.Float64, repeat(12, func(int) float64 { return r.NormFloat64() }), 3, 4)
		v := dense(tensor.Float64, repeat(12, func(int) float64 { return r.NormFloat64() }), 3, 4)
		d, err := s.Along(labels, v)
		require.NoError(t, err)
		g, err := s.Grad(labels, u)
		require.NoError(t, err)
		near(t, s.Rule.String(), []float64{dot(values(u), values(d))}, []float64{dot(values(g), values(v))}, 1e-13, 0)
	}
	// The prior's Jacobian is not symmetric: all mass of v goes to the prior's class.
	d, err := losses.Smoothing{Alpha: 1, Prior: []float64{0, 1, 0, 0}}.Along(labels, labels)
	require.NoError(t, err)
	near(t, "prior", values(d), []float64{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 1e-15, 0)
}

func TestRowSecondErrors(t *testing.T) {
	z, u := dense(tensor.Float64, make([]float64, 6), 2, 3), dense(tensor.Float64, make([]float64, 2), 2)
	for _, c := range secondCases {
		up := tensor.Tensor(z)
		if c.upDims == 1 {
			up = u
		}
		for name, f := range map[string]struct {
			z, u, v tensor.Tensor
			want    error
		}{
			"nil logits": {nil, up, z, losses.ErrNil},
			"nil vector": {z, up, nil, losses.ErrNil},
			"vector's":   {z, up, u, losses.ErrShape},
			"logits'":    {u, up, u, losses.ErrShape},
			"float32":    {z, up, dense(tensor.Float32, make([]float64, 6), 2, 3), losses.ErrDtype},
			"nil up":     {z, nil, z, losses.ErrNil},
			"upstream's": {z, dense(tensor.Float64, make([]float64, 3), 3), z, losses.ErrShape},
			"integers":   {indices(tensor.Int, 1, 2), up, z, losses.ErrDtype},
		} {
			_, err := c.gradGrad(f.z, f.u, f.v)
			require.ErrorIs(t, err, f.want, "%s %s", c.name, name)
			if f.u == up {
				_, err = c.along(f.z, f.v)
				require.ErrorIs(t, err, f.want, "%s %s", c.name, name)
			}
		}
	}
	s := losses.Smoothing{Alpha: 0.5, Prior: []float64{1, 0, 0}}
	_, err := s.Along(z, u)
	require.ErrorIs(t, err, losses.ErrShape)
	_, err = s.Along(nil, z)
	require.ErrorIs(t, err, losses.ErrNil)
	_, err = s.Along(dense(tensor.Float64, []float64{-1, 0, 0}, 1, 3), dense(tensor.Float64, []float64{1, 0, 0}, 1, 3))
	require.ErrorIs(t, err, losses.ErrLabel)
	var e *losses.Error
	require.True(t, errors.As(err, &e))
}
