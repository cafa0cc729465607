package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// sparsePair is a sparse map, its loss, and what the tests know of them.
type sparsePair struct {
	name  string
	loss  losses.Loss
	m     losses.RowMap
	probs func(tensor.Tensor) (*tensor.Dense, error)
	n     float64                 // p = max((z-τ)/n, 0)^n
	omega func(p float64) float64 // Ω but for its constant, of a class
}

var sparsePairs = []sparsePair{
	{"sparsemax", losses.Sparsemax{}, losses.SparsemaxMap(), losses.SparsemaxProbs, 1,
		func(p float64) float64 { return p * p / 2 }},
	{"entmax15", losses.Entmax15{}, losses.Entmax15Map(), losses.Entmax15Probs, 2,
		func(p float64) float64 { return math.Pow(p, 1.5) / .75 }},
}

// bisected is the map by its definition, the threshold by bisection.
func (s sparsePair) bisected(z []float64) (p []float64) {
	lo, hi := slices.Max(z)-s.n, slices.Max(z)
	at := func(tau float64) []float64 {
		return repeat(len(z), func(k int) float64 { return math.Pow(max((z[k]-tau)/s.n, 0), s.n) })
	}
	for range 200 {
		if mid := lo + (hi-lo)/2; sumOf(at(mid)) > 1 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return at(lo)
}

// TestSparseMaps holds the maps, losses and gradients against their definitions, on rows of every
// size, with ties, and with logits that are close together or far apart.
func TestSparseMaps(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	for _, s := range sparsePairs {
		for _, k := range []int{1, 2, 3, 5, 17, 100, 1000} {
			for _, size := range []float64{0, 1e-6, .01, .3, 1, 3, 30} {
				z := repeat(k, func(int) float64 { return size * r.NormFloat64() })
				z[r.IntN(k)] = z[0] // a tie
				y := r.IntN(k)
				want := s.bisected(z)
				p, err := s.probs(dense(tensor.Float64, z, k))
				require.NoError(t, err)
				what := fmt.Sprintf("%s K=%d size=%v", s.name, k, size)
				near(t, what, values(p), want, 1e-12, 4e-15)
				near(t, what+": the sum", []float64{sumOf(values(p))}, []float64{1}, float64(k+10)*epsilon(tensor.Float64), 0)

				b := batch{dt: tensor.Float64, n: 1, k: k, z: z, index: []int{y}}
				got := b.eval(t, losses.Criterion{Loss: s.loss})
				want[y]--
				near(t, what+": gradient", got.grad, want, 1e-12, 4e-15)
				want[y]++
				loss := s.omega(1) - z[y]
				for k, p := range want {
					loss += z[k]*p - s.omega(p)
				}
				near(t, what+": loss", got.loss, []float64{loss}, 1e-12, 1e-14*(1+size*size))
			}
		}
	}
}

// TestSparseLead: where the true class leads by enough the loss is 0 and nothing is learnt, and
// just before it is right to its last digits, in float32 too.
func TestSparseLead(t *testing.T) {
	for _, s := range sparsePairs {
		for _, dt := range floatDtypes {
			for _, lead := range []float64{s.n, s.n + 1e-3, 1e4, 1e30} {
				b := batch{dt: dt, n: 1, k: 4, z: []float64{0, lead, -1, -inf}, index: []int{1}}
				got := b.eval(t, losses.Criterion{Loss: s.loss})
				same(t, s.name, got.loss, []float64{0})
				same(t, s.name, got.grad, make([]float64, 4))
			}
			for _, short := range []float64{0x1p-3, 0x1p-10, 0x1p-20} { // of the lead
				b := batch{dt: dt, n: 1, k: 2, z: []float64{0, s.n - short}, index: []int{1}}
				want := short * short / 4 // sparsemax: p = (short/2, 1 - short/2)
				rest := short / 2
				if s.n == 2 { // p = (q², (q+d)²) with d = 1 - short/2
					d := 1 - short/2
					q := (short - short*short/4) / (d + math.Sqrt(2-d*d)) // (√(2-d²) - d)/2
					rest = q * q
					want = 2. / 3 * (q*q*q + (1-q-d)*(1-q-d)*(2+q+d))
				}
				got := b.eval(t, losses.Criterion{Loss: s.loss})
				near(t, fmt.Sprint(s.name, " gradient ", short), got.grad, []float64{rest, -rest}, 4*epsilon(dt), 0)
				near(t, fmt.Sprint(s.name, " ", short), got.loss, []float64{want}, 4*epsilon(tensor.Float32), 0)
			}
		}
	}
}

// TestSparseInFloat32: values and gradients of float32 data are those of float64 rounded.
func TestSparseInFloat32(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 9))
	for _, s := range sparsePairs {
		for _, k := range []int{2, 10, 100} {
			z := round(tensor.Float32, repeat(8*k, func(int) float64 { return r.NormFloat64() }))
			wide := batch{dt: tensor.Float64, n: 8, k: k, z: z,
				t: shares(repeat(8*k, func(int) float64 { return r.ExpFloat64() }), k)}
			narrow := wide
			narrow.dt = tensor.Float32
			c := losses.Criterion{Loss: s.loss, Reduction: losses.None}
			want, got := wide.eval(t, c), narrow.eval(t, c)
			for name, pair := range map[string][2][]float64{"loss": {got.loss, want.loss}, "grad": {got.grad, want.grad},
				"labels' grad": {got.tgrad, want.tgrad}} {
				for i, x := range pair[1] {
					require.LessOrEqual(t, math.Abs(pair[0][i]-x), numtest.Ulp(float32(x)), "%s %s %d", s.name, name, i)
				}
			}
		}
	}
}

// TestSparseDerivatives: the Jacobian is diag(w) - w wᵀ/Σ w, also with classes whose p is 0 and
// where p is 1.
func TestSparseDerivatives(t *testing.T) {
	for _, s := range sparsePairs {
		for _, z := range [][]float64{{.5, .25, -3, .5}, {5, 0, 0, 0}, {0, 0, 0, 0}, {1, -inf, .75, .125}} {
			p := s.bisected(z)
			v := []float64{1, -2, 3, .5}
			w := repeat(4, func(k int) float64 {
				if p[k] == 0 {
					return 0
				}
				return math.Pow(p[k], 1-1/s.n)
			})
			mean := dot(w, v) / sumOf(w)
			want := repeat(4, func(k int) float64 { return w[k] * (v[k] - mean) })
			x, d := dense(tensor.Float64, z, 1, 4), dense(tensor.Float64, v, 1, 4)
			for _, f := range []func(x, v tensor.Tensor) (*tensor.Dense, error){s.m.Grad, s.m.Along} {
				got, err := f(x, d)
				require.NoError(t, err)
				near(t, s.name, values(got), want, 1e-13, 1e-15)
			}
			h, err := losses.Criterion{Loss: s.loss}.HessianVector(x, indices(tensor.Int, 0), d)
			require.NoError(t, err)
			near(t, s.name+" Hessian", values(h), want, 1e-13, 1e-15)
			gg, err := s.m.GradAlong(x, d, d)
			require.NoError(t, err)
			if s.n == 1 || p[0] == 1 {
				same(t, s.name+" second", values(gg), make([]float64, 4))
			}
		}
	}
}

// TestSparseSpecial: rows without probabilities are NaN, and no other.
func TestSparseSpecial(t *testing.T) {
	for _, s := range sparsePairs {
		for _, dt := range floatDtypes {
			z := dense(dt, []float64{nan, 0, 1, inf, 0, 1, -inf, -inf, -inf, 1, 1, -inf, 0, nan, inf}, 5, 3)
			p, err := s.probs(z)
			require.NoError(t, err)
			bad := repeat(3, func(int) float64 { return nan })
			near(t, s.name, values(p), slices.Concat(bad, bad, bad, []float64{.5, .5, 0}, bad), 2*epsilon(dt), 0)
			for _, f := range []func(x, v tensor.Tensor) (*tensor.Dense, error){s.m.Grad, s.m.Along} {
				g, err := f(z, dense(dt, repeat(15, one), 5, 3))
				require.NoError(t, err)
				same(t, s.name, values(g), slices.Concat(bad, bad, bad, make([]float64, 3), bad))
			}
		}
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{0, -inf, 0}, index: []int{1}}
		got := b.eval(t, losses.Criterion{Loss: s.loss})
		same(t, s.name, got.loss, []float64{inf})
		near(t, s.name, got.grad, []float64{.5, -1, .5}, 1e-15, 0)
		for _, x := range []tensor.Tensor{nil, dense(tensor.Float64, []float64{1}), indices(tensor.Int, 1, 2)} {
			_, err := s.probs(x)
			require.Error(t, err)
		}
		_, err := s.m.Along(dense(tensor.Float64, []float64{1}, 1, 1), nil)
		require.ErrorIs(t, err, losses.ErrNil)
		require.ErrorContains(t, err, "direction")
	}
}

// TestSparseErrors: labels that do not sum to 1, also what smoothing makes of them, and
// probabilities.
func TestSparseErrors(t *testing.T) {
	z := dense(tensor.Float64, make([]float64, 6), 2, 3)
	y := dense(tensor.Float64, []float64{0, 1, 0, .25, .5, .25}, 2, 3)
	for _, s := range sparsePairs {
		sum := losses.WeightedSum{{Weight: 1, Loss: losses.MAE{}}, {Weight: 2, Loss: s.loss}}
		for _, loss := range []losses.Loss{s.loss, sum} {
			c := losses.Criterion{Loss: loss}
			_, err := c.Eval(z, y)
			require.NoError(t, err)
			_, err = c.Eval(z, dense(tensor.Float64, []float64{0, 1, 3e-6, .25, .5, .25}, 2, 3))
			require.NoError(t, err)
			_, err = c.Eval(z, dense(tensor.Float64, []float64{0, 1, 0, .25, .5, .5}, 2, 3))
			require.ErrorIs(t, err, losses.ErrLabel)
			require.EqualError(t, err,
				"losses: labels: row 1: the sum 1.25 is not 1, want shares, smoothed if they are, with the sum 1")
			_, err = c.Eval(z, dense(tensor.Float64, []float64{0, 1, 0, .25, nan, .5}, 2, 3))
			require.EqualError(t, err, "losses: labels: row 1 column 1: NaN is not a number, want a finite number >= 0")
			_, err = c.Eval(z, dense(tensor.Float64, []float64{0, 1, 0, .75, .5, -.25}, 2, 3))
			require.ErrorContains(t, err, "row 1 column 2: -0.25 is negative")
			c.Smoothing = losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 1.5}
			_, err = c.Eval(z, y)
			require.ErrorContains(t, err, "row 0: the sum 1.5 is not 1")
			c.Smoothing = losses.Smoothing{Alpha: .5}
			_, err = c.Eval(z, y)
			require.NoError(t, err)
			c = losses.Criterion{Loss: loss, Link: losses.SigmoidLink,
				Smoothing: losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: 1.5}}
			_, err = c.Eval(z, y)
			require.ErrorIs(t, err, losses.ErrLabel)
			require.ErrorContains(t, err, "row 0 column 0: the smoothed label and its other do not sum to 1")
			require.ErrorIs(t, losses.Criterion{Loss: loss, FromProbs: true}.Validate(), losses.ErrParam)
			require.NoError(t, losses.CheckGradient(loss, 7))
		}
	}
}

// TestSparseBesideSmallLabel: the gradient of a sure yes, to which smoothing has left a small label
// of no, keeps the digits of that label, whatever else is wanted.
func TestSparseBesideSmallLabel(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, s := range sparsePairs {
			for _, l := range []losses.Loss{s.loss, byRow{s.loss}} {
				for _, small := range []float64{.3, 1e-3, 1e-5, 3e-7} {
					c := losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None,
						Smoothing: losses.Smoothing{Rule: losses.SmoothPrior, Alpha: .1, Prior: []float64{small, 1 - small}}}
					z, y := dense(dt, []float64{3}, 1), dense(dt, []float64{1}, 1)
					for _, byLabels := range []bool{false, true} {
						out := losses.Outputs{Loss: dense(dt, []float64{0}, 1), Grad: dense(dt, []float64{0}, 1)}
						if byLabels {
							out.TargetGrad = dense(dt, []float64{0}, 1)
						}
						require.NoError(t, c.EvalInto(out, losses.Inputs{Logits: z, Target: y}))
						near(t, fmt.Sprint(dt, l, small, byLabels), values(out.Grad), []float64{.1 * small}, 4*epsilon(dt), 0)
					}
				}
			}
		}
	}
}

// TestFlatSparse: where no p is near 1 they are as exact as their size, not as that of 1.
func TestFlatSparse(t *testing.T) {
	const k = 100
	z := repeat(k, func(i int) float64 { return math.Sin(float64(i)) / 1000 })
	for n, m := range []losses.RowMap{1: losses.SparsemaxMap(), 2: losses.Entmax15Map()} {
		if m == nil {
			continue
		}
		p, err := m.Apply(dense(tensor.Float64, z, 1, k))
		require.NoError(t, err)
		var sum float64
		for i, x := range values(p) {
			sum += x
			got := math.Pow(x, 1/float64(n)) - math.Pow(values(p)[0], 1/float64(n))
			require.InDelta(t, (z[i]-z[0])/float64(n), got, 4e-17*float64(n*n), "n=%d class %d", n, i)
		}
		require.InDelta(t, 1, sum, 1e-15)
	}
}
