package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// smoothRow is the three rules as the definitions write them.
func smoothRow(s losses.Smoothing, t []float64) []float64 {
	k, sum, nnz := float64(len(t)), 0.0, 0.0
	for _, v := range t {
		sum += v
		if v > 0 {
			nnz++
		}
	}
	return repeat(len(t), func(i int) float64 {
		mu := 1 / k
		if s.Prior != nil {
			mu = s.Prior[i]
		}
		switch {
		case s.Alpha == 0:
			return t[i]
		case s.Rule == losses.SmoothPrior:
			return (1-s.Alpha)*t[i] + s.Alpha*sum*mu
		case s.Rule == losses.SmoothUniform:
			return (1-s.Alpha)*t[i] + s.Alpha/k
		}
		if nnz == 0 {
			return s.Alpha / k
		}
		return math.Max(t[i]-s.Alpha/nnz, 0) + s.Alpha/k
	})
}

func smoothAll(s losses.Smoothing, t []float64, k int) (out []float64) {
	for lo := 0; lo < len(t); lo += k {
		out = append(out, smoothRow(s, t[lo:lo+k])...)
	}
	return out
}

// smoothLabels has rows of all kinds: one-hot, dense, sparse, empty, of any sum, and one below the
// notebook's cut.
var smoothLabels = []float64{
	0, 0, 1, 0, 0,
	.2, .3, .1, .25, .15,
	.5, 0, .9, 0, 0,
	0, 0, 0, 0, 0,
	3, 0, 0, 2, 1,
	.01, .97, 0, .02, 0,
}

func allSmoothings() map[string]losses.Smoothing {
	all := map[string]losses.Smoothing{
		"uniform 1":       {Rule: losses.SmoothUniform, Alpha: 1},
		"prior 1":         {Alpha: 1, Prior: []float64{0, 0, 1, 0, 0}},
		"notebook 5":      {Rule: losses.SmoothNotebook, Alpha: 5},
		"tiny":            {Alpha: 1e-12},
		"notebook, tiny":  {Rule: losses.SmoothNotebook, Alpha: 5e-324},
		"uniform, one up": {Rule: losses.SmoothUniform, Alpha: 1 - 0x1p-53},
	}
	for name, s := range tableSmoothings {
		all[name] = s
	}
	return all
}

func TestSmoothingFormulas(t *testing.T) {
	for name, s := range allSmoothings() {
		for _, dt := range floatDtypes {
			labels := dense(dt, smoothLabels, 6, 5)
			got, err := s.Apply(labels)
			require.NoError(t, err)
			want := smoothAll(s, values(labels), 5)
			near(t, fmt.Sprint(name, " ", dt), values(got), want, epsilon(dt), 0x1p-54)
			same(t, "the labels", values(labels), round(dt, smoothLabels))
			require.Equal(t, dt, got.Dtype())
			require.Equal(t, tensor.Shape{6, 5}, got.Shape())
			if s.Rule == losses.SmoothNotebook {
				viaName, err := losses.SmoothSoftLabels(labels, s.Alpha)
				require.NoError(t, err)
				same(t, "SmoothSoftLabels", values(viaName), values(got))
			}
			for i := range 6 {
				sum := sumOf(values(labels)[5*i : 5*i+5])
				out := sumOf(values(got)[5*i : 5*i+5])
				switch s.Rule {
				case losses.SmoothPrior:
					near(t, name+" keeps the sum", []float64{out}, []float64{sum}, 4*epsilon(dt), 0)
				case losses.SmoothUniform:
					near(t, name+" sum", []float64{out}, []float64{(1-s.Alpha)*sum + s.Alpha}, 4*epsilon(dt), 0)
				case losses.SmoothNotebook: // S and the documented excess
					excess, nnz := 0.0, 0.0
					for _, v := range values(labels)[5*i : 5*i+5] {
						if v > 0 {
							nnz++
						}
					}
					for _, v := range values(labels)[5*i : 5*i+5] {
						if v > 0 {
							excess += math.Max(0, s.Alpha/nnz-v)
						}
					}
					if nnz == 0 {
						excess = s.Alpha
					}
					near(t, name+" sum", []float64{out}, []float64{sum + excess}, 4*epsilon(dt), 1e-300) // alpha/K may underflow
				}
			}
		}
	}
}

// TestSmoothingOneHot: on one-hot rows the three rules agree, and with any class count.
func TestSmoothingOneHot(t *testing.T) {
	for _, k := range []int{1, 2, 10} {
		labels := dense(tensor.Float64, oneHot(k, 0, k-1, k/2), 3, k)
		prior, err := losses.Smoothing{Alpha: .3}.Apply(labels)
		require.NoError(t, err)
		for _, r := range []losses.SmoothingRule{losses.SmoothUniform, losses.SmoothNotebook} {
			got, err := losses.Smoothing{Rule: r, Alpha: .3}.Apply(labels)
			require.NoError(t, err)
			near(t, fmt.Sprint(r), values(got), values(prior), 4e-16, 0)
		}
	}
}

// TestSmoothingGrad holds the vector-Jacobian product against differences of Apply.
func TestSmoothingGrad(t *testing.T) {
	r := rand.New(rand.NewPCG(81, 2))
	labels := repeat(20, func(int) float64 { return .05 + r.Float64() })
	labels[4], labels[7] = .012, .016 // below the notebook's cut of .02
	up := repeat(20, func(int) float64 { return r.NormFloat64() })
	for name, s := range tableSmoothings {
		got, err := s.Grad(dense(tensor.Float64, labels, 4, 5), dense(tensor.Float64, up, 4, 5))
		require.NoError(t, err)
		want := numtest.NumGrad(func(x []float64) float64 {
			sum := 0.0
			for i, v := range smoothAll(s, x, 5) {
				sum += up[i] * v
			}
			return sum
		}, labels)
		near(t, name, values(got), want, 1e-9, 1e-10)
		narrow, err := s.Grad(dense(tensor.Float32, labels, 4, 5), dense(tensor.Float32, up, 4, 5))
		require.NoError(t, err)
		near(t, name+" float32", values(narrow), values(got), 2*epsilon(tensor.Float32), 2*epsilon(tensor.Float32))
	}
	zero := dense(tensor.Float64, make([]float64, 5), 1, 5)
	u := dense(tensor.Float64, []float64{1, 2, 3, 4, 5}, 1, 5)
	got, err := losses.Smoothing{Rule: losses.SmoothNotebook, Alpha: .1}.Grad(zero, u)
	require.NoError(t, err)
	same(t, "no label is above the cut", values(got), make([]float64, 5))
	_, err = losses.Smoothing{}.Grad(zero, nil)
	assert.ErrorIs(t, err, losses.ErrNil)
	_, err = losses.Smoothing{}.Grad(zero, dense(tensor.Float64, make([]float64, 5), 5, 1))
	assert.ErrorIs(t, err, losses.ErrShape)
	_, err = losses.Smoothing{}.Grad(zero, dense(tensor.Float32, make([]float64, 5), 1, 5))
	assert.ErrorIs(t, err, losses.ErrDtype)
}

// TestCriterionSmooths: a criterion with smoothing is one without it on labels smoothed before.
func TestCriterionSmooths(t *testing.T) {
	for name, l := range lossFamily {
		if wantsShares(l) {
			continue
		}
		for rule, s := range allSmoothings() {
			b := randomBatch(losses.Criterion{}, tensor.Float64, 6, 82)
			b.t, b.s, b.u = smoothLabels, nil, nil
			got := b.eval(t, losses.Criterion{Loss: l, Smoothing: s, Reduction: losses.None})
			b.t = smoothAll(s, smoothLabels, 5)
			want := b.eval(t, losses.Criterion{Loss: l, Reduction: losses.None})
			near(t, name+" "+rule+" loss", got.loss, want.loss, 1e-14, 0)
			near(t, name+" "+rule+" grad", got.grad, want.grad, 1e-13, 1e-15)
		}
	}
}

// TestTargetGradOfExcludedClass: 0·(-∞) is 0 also in the smoothing's chain rule. With strength 1
// the smoothed target does not depend on the label (uniform), so neither does an infinite loss.
func TestTargetGradOfExcludedClass(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{0, -inf, 1}, t: []float64{1, 0, 0}}
	l0 := 1 + math.Log1p(math.Exp(-1)) // -l_0
	t.Run("uniform 1", func(t *testing.T) {
		got := b.eval(t, losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 1}})
		same(t, "labels' grad", got.tgrad, []float64{0, 0, 0})
	})
	t.Run("prior 1 on class 0", func(t *testing.T) {
		got := b.eval(t, losses.Criterion{Smoothing: losses.Smoothing{Alpha: 1, Prior: []float64{1, 0, 0}}})
		near(t, "labels' grad", got.tgrad, []float64{l0, l0, l0}, 1e-15, 0)
	})
	t.Run("upstream 0", func(t *testing.T) {
		b := b
		b.u = []float64{0}
		same(t, "labels' grad", b.eval(t, losses.Criterion{}).tgrad, []float64{0, 0, 0})
	})
	t.Run("no smoothing", func(t *testing.T) {
		near(t, "labels' grad", b.eval(t, losses.Criterion{}).tgrad, []float64{l0, inf, l0 - 1}, 1e-15, 0)
	})
}

// TestLargeLabels: labels whose sum leaves the dtype are smoothed like others by the rules that do
// not need the sum.
func TestLargeLabels(t *testing.T) {
	for _, dt := range floatDtypes {
		big := 2.3e38
		if dt == tensor.Float64 {
			big = 1.2e308
		}
		for _, r := range []losses.SmoothingRule{losses.SmoothUniform, losses.SmoothNotebook} {
			for _, k := range []int{2, 40} {
				labels := repeat(k, func(int) float64 { return big })
				s := losses.Smoothing{Rule: r, Alpha: .125}
				got, err := s.Apply(dense(dt, labels, 1, k))
				if assert.NoError(t, err, "%v %v K=%d", dt, r, k) {
					near(t, "smoothed", values(got), smoothRow(s, labels), epsilon(dt), 0)
				}
				_, err = losses.Criterion{Smoothing: s, Loss: losses.MAE{}}.Eval(dense(dt, make([]float64, k), 1, k),
					dense(dt, labels, 1, k))
				assert.NoError(t, err, "%v %v K=%d", dt, r, k)
			}
		}
	}
}

// TestSmoothedClasses: the classes of an index, smoothed, are one-hot labels, bit for bit, by every
// rule, whatever the classes of the rows beside are.
func TestSmoothedClasses(t *testing.T) {
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 3, 10, 65, 100, 255} {
			x := spread(dt, 37, k)
			x.index = repeatInt(x.n, func(i int) int { return (5 + i*7) % k })
			hot := x
			hot.index, hot.t = nil, make([]float64, x.n*k)
			for i, y := range x.index {
				hot.t[i*k+y] = 1
			}
			prior := repeat(k, func(i int) float64 { return float64(2*i+1) / float64(k*k) })
			for _, s := range []losses.Smoothing{{Alpha: 0.1}, {Alpha: 0.3, Prior: prior}, {Alpha: 1, Prior: prior},
				{Rule: losses.SmoothUniform, Alpha: 0.2}, {Rule: losses.SmoothNotebook, Alpha: 0.4},
				{Rule: losses.SmoothNotebook, Alpha: 3}} {
				for _, l := range []losses.Loss{losses.CrossEntropy{}, losses.Focal{Gamma: 2}} {
					c := losses.Criterion{Loss: l, Smoothing: s, Reduction: losses.None}
					got, want := x.eval(t, c), hot.eval(t, c)
					same(t, fmt.Sprintf("%T %v k=%d gradient", l, s, k), got.grad, want.grad)
					same(t, fmt.Sprintf("%T %v k=%d loss", l, s, k), got.loss, want.loss)
				}
			}
		}
	}
}

// spread is a batch of logits from -4 to 4.
func spread(dt tensor.Dtype, n, k int) batch {
	return batch{dt: dt, n: n, k: k, z: repeat(n*k, func(i int) float64 {
		return float64(uint64(i)*2654435761%1024)/128 - 4
	})}
}
