package losses_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// rowMaps are the maps of rows that need no parameters.
var rowMaps = []losses.RowMap{losses.SoftmaxMap(), losses.LogSoftmaxMap(), losses.LogSumExpMap(), losses.UnitMap(),
	losses.SparsemaxMap(), losses.Entmax15Map()}

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

// TestRowMapDerivatives holds Grad against differences of Apply, Along against Grad, and GradAlong
// against differences of Grad.
func TestRowMapDerivatives(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	normal := func(int) float64 { return r.NormFloat64() }
	for _, m := range rowMaps {
		require.False(t, m.Linear())
		for _, s := range []tensor.Shape{{3, 4}, {1, 3}, {2, 1}, {5, 17}, {4}, {2, 3, 4}} {
			size, out := s.TotalSize(), m.Shape(s)
			z, v, u := repeat(size, normal), repeat(size, normal), repeat(out.TotalSize(), normal)
			for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
				zt, vt, ut := dense(dt, z, s...), dense(dt, v, s...), dense(dt, u, out...)
				d, err := m.Along(zt, vt)
				require.NoError(t, err, m.Key())
				require.True(t, slices.Equal(out, d.Shape()), m.Key())
				g, err := m.Grad(zt, ut)
				require.NoError(t, err, m.Key())
				near(t, m.Key()+" gradient", values(g), numtest.NumGrad(func(x []float64) float64 {
					y, err := m.Apply(dense(tensor.Float64, x, s...))
					require.NoError(t, err)
					return dot(values(ut), values(y))
				}, values(zt)), 1e-8+50*epsilon(dt), 1e-9+50*epsilon(dt))
				near(t, m.Key()+" along", []float64{dot(values(ut), values(d))},
					[]float64{dot(values(g), values(vt))}, 50*epsilon(dt), 50*epsilon(dt))
				gg, err := m.GradAlong(zt, ut, vt)
				require.NoError(t, err, m.Key())
				require.Equal(t, dt, gg.Dtype())
				want := numtest.NumGrad(func(x []float64) float64 {
					g, err := m.Grad(dense(tensor.Float64, x, s...), dense(tensor.Float64, values(ut), out...))
					require.NoError(t, err)
					return dot(values(vt), values(g))
				}, values(zt))
				near(t, m.Key()+" second derivative", values(gg), want, 1e-8+50*epsilon(dt), 1e-9+50*epsilon(dt))
			}
		}
	}
}

// TestRowMapRanks wants of every rank what the rows have one by one, to the bit.
func TestRowMapRanks(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	x := repeat(24, func(int) float64 { return 3 * r.NormFloat64() })
	for _, dt := range floatDtypes {
		for _, m := range rowMaps {
			flat, err := m.Apply(dense(dt, x, 6, 4))
			require.NoError(t, err)
			up := repeat(flat.Shape().TotalSize(), func(i int) float64 { return float64(i%5) - 2 })
			flatGrad, err := m.Grad(dense(dt, x, 6, 4), dense(dt, up, flat.Shape()...))
			require.NoError(t, err)
			for _, s := range []tensor.Shape{{2, 3, 4}, {1, 6, 4}, {3, 1, 2, 4}} {
				z := dense(dt, x, s...)
				y, err := m.Apply(z)
				require.NoError(t, err)
				require.True(t, slices.Equal(m.Shape(s), y.Shape()), "%s %v: %v", m.Key(), s, y.Shape())
				near(t, m.Key(), values(y), values(flat), 0, 0)
				g, err := m.Grad(z, dense(dt, up, m.Shape(s)...))
				require.NoError(t, err)
				near(t, m.Key()+" gradient", values(g), values(flatGrad), 0, 0)
			}
			row, err := m.Apply(dense(dt, x[4:8], 4))
			require.NoError(t, err)
			require.Equal(t, len(m.Shape(tensor.Shape{4})), row.Dims())
			k := flat.Shape().TotalSize() / 6
			near(t, m.Key()+" of a vector", values(row), values(flat)[k:2*k], 0, 0)
		}
	}
}

// TestRowMapSaturated has rows in which one p is 1 to the last bit; with two classes all is a
// formula of the other, q.
func TestRowMapSaturated(t *testing.T) {
	for _, gap := range []float64{1, 40, 300, 700} {
		q := 1 / (1 + math.Exp(gap))
		p := 1 - q
		z, e := dense(tensor.Float64, []float64{gap, 0}, 1, 2), dense(tensor.Float64, []float64{1, 0}, 1, 2)
		one := dense(tensor.Float64, []float64{1}, 1)
		for name, c := range map[string]struct {
			got  func() (*tensor.Dense, error)
			want []float64
		}{
			"softmax along": {func() (*tensor.Dense, error) { return losses.SoftmaxMap().Along(z, e) },
				[]float64{p * q, -p * q}},
			"logsoftmax along": {func() (*tensor.Dense, error) { return losses.LogSoftmaxMap().Along(z, e) },
				[]float64{q, -p}},
			"logsumexp along": {func() (*tensor.Dense, error) { return losses.LogSumExpMap().Along(z, e) },
				[]float64{p}},
			"softmax": {func() (*tensor.Dense, error) { return losses.SoftmaxMap().GradAlong(z, e, e) },
				[]float64{p * q * (q - p), p * q * (p - q)}},
			"logsoftmax": {func() (*tensor.Dense, error) { return losses.LogSoftmaxMap().GradAlong(z, e, e) },
				[]float64{-p * q, p * q}},
			"logsumexp": {func() (*tensor.Dense, error) { return losses.LogSumExpMap().GradAlong(z, one, e) },
				[]float64{p * q, -p * q}},
		} {
			got, err := c.got()
			require.NoError(t, err)
			near(t, name, values(got), c.want, 1e-12, 0)
		}
	}
}

// TestRowMapSpecial has -Inf logits, under which infinite vectors do no harm, and rows without a
// softmax.
func TestRowMapSpecial(t *testing.T) {
	inf := math.Inf(1)
	z := dense(tensor.Float64, []float64{1, 2, -inf, math.NaN(), 0, 0}, 2, 3)
	u := dense(tensor.Float64, []float64{1, -1, inf, 1, 1, 1}, 2, 3)
	short := dense(tensor.Float64, []float64{1, 2}, 1, 2)
	us := dense(tensor.Float64, []float64{1, -1}, 1, 2)
	for name, f := range map[string]func(z, u tensor.Tensor) (*tensor.Dense, error){
		"along":      losses.SoftmaxMap().Along,
		"grad along": func(z, u tensor.Tensor) (*tensor.Dense, error) { return losses.SoftmaxMap().GradAlong(z, u, u) },
	} {
		got, err := f(z, u)
		require.NoError(t, err)
		want, err := f(short, us)
		require.NoError(t, err)
		near(t, name, values(got)[:3], append(values(want), 0), 1e-15, 0)
		for _, x := range values(got)[3:] {
			require.True(t, math.IsNaN(x), name)
		}
	}
	// Along 0 a masked logit moves nothing.
	d, err := losses.LogSoftmaxMap().Along(dense(tensor.Float64, []float64{-inf, 0, 0}, 1, 3),
		dense(tensor.Float64, make([]float64, 3), 1, 3))
	require.NoError(t, err)
	near(t, "log-softmax along 0", values(d), make([]float64, 3), 0, 0)
}

func TestSmoothingAlong(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	labels := dense(tensor.Float64, []float64{0.5, 0.3, 0.15, 0.05, 1, 0, 0, 0, 0, 0, 0, 0}, 3, 4)
	for _, s := range smoothings {
		u := dense(tensor.Float64, repeat(12, func(int) float64 { return r.NormFloat64() }), 3, 4)
		v := dense(tensor.Float64, repeat(12, func(int) float64 { return r.NormFloat64() }), 3, 4)
		d, err := s.Map().Along(labels, v)
		require.NoError(t, err)
		g, err := s.Grad(labels, u)
		require.NoError(t, err)
		near(t, s.Rule.String(), []float64{dot(values(u), values(d))}, []float64{dot(values(g), values(v))}, 1e-13, 0)
	}
	// The prior's Jacobian is not symmetric: all mass of v goes to the prior's class.
	d, err := losses.Smoothing{Alpha: 1, Prior: []float64{0, 1, 0, 0}}.Map().Along(labels, labels)
	require.NoError(t, err)
	near(t, "prior", values(d), []float64{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 1e-15, 0)
}

// TestSmoothingMap wants of a smoothing what graph asks of it.
func TestSmoothingMap(t *testing.T) {
	keys := map[string]bool{}
	for _, s := range smoothings {
		m := s.Map()
		keys[m.Key()] = true
		require.True(t, m.Linear())
		require.Equal(t, tensor.Shape{2, 3}, m.Shape(tensor.Shape{2, 3}))
		second, err := m.GradAlong(nil, nil, nil)
		require.NoError(t, err)
		require.Nil(t, second)
		require.ErrorIs(t, m.Check(nil), losses.ErrNil)
	}
	for _, m := range rowMaps {
		keys[m.Key()] = true
	}
	require.Len(t, keys, len(smoothings)+len(rowMaps))
}

func TestRowMapErrors(t *testing.T) {
	z, u := dense(tensor.Float64, make([]float64, 6), 2, 3), dense(tensor.Float64, make([]float64, 2), 2)
	for _, m := range rowMaps {
		up := tensor.Tensor(z)
		if len(m.Shape(z.Shape())) == 1 {
			up = u
		}
		for name, f := range map[string]struct {
			z, u, v tensor.Tensor
			want    error
		}{
			"nil logits": {nil, up, z, losses.ErrNil},
			"nil vector": {z, up, nil, losses.ErrNil},
			"vector's":   {z, up, u, losses.ErrShape},
			"scalar":     {dense(tensor.Float64, []float64{1}), up, z, losses.ErrShape},
			"empty":      {tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(0, 3)), up, z, losses.ErrShape},
			"float32":    {z, up, dense(tensor.Float32, make([]float64, 6), 2, 3), losses.ErrDtype},
			"nil up":     {z, nil, z, losses.ErrNil},
			"upstream's": {z, dense(tensor.Float64, make([]float64, 3), 3), z, losses.ErrShape},
			"integers":   {indices(tensor.Int, 1, 2), up, z, losses.ErrDtype},
		} {
			_, err := m.GradAlong(f.z, f.u, f.v)
			require.ErrorIs(t, err, f.want, "%s %s", m.Key(), name)
			if f.u == up {
				_, err = m.Along(f.z, f.v)
				require.ErrorIs(t, err, f.want, "%s %s", m.Key(), name)
			}
		}
	}
	s := losses.Smoothing{Alpha: 0.5, Prior: []float64{1, 0, 0}}
	_, err := s.Map().Along(z, u)
	require.ErrorIs(t, err, losses.ErrShape)
	_, err = s.Map().Along(nil, z)
	require.ErrorIs(t, err, losses.ErrNil)
	_, err = s.Map().Along(dense(tensor.Float64, []float64{-1, 0, 0}, 1, 3),
		dense(tensor.Float64, []float64{1, 0, 0}, 1, 3))
	require.ErrorIs(t, err, losses.ErrLabel)
	var e *losses.Error
	require.ErrorAs(t, err, &e)
}
