package train

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
)

// randomSet returns n rows of normal features and soft labels.
func randomSet(n, d, k int, seed uint64) *dataset.Dataset {
	r := rand.New(rand.NewPCG(seed, 7))
	x, t := make([]float32, n*d), make([]float32, n*k)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	for i := range n {
		var sum float32
		for j := range k {
			t[i*k+j] = r.Float32() + 1e-3
			sum += t[i*k+j]
		}
		for j := range k {
			t[i*k+j] /= sum
		}
	}
	return &dataset.Dataset{Features: table(x, n, d), Labels: table(t, n, k)}
}

func table[T float32 | float64](data []T, shape ...int) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

func allRows(n int) []int {
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	return rows
}

// reference is a network in plain float64 loops: forward, backward through losses.EvalGrad, Adam.
type reference struct {
	sizes   []int
	w, b    [][]float64
	m, v    [][]float64 // Adam's moments, weights and biases in turns
	steps   int
	dw, db  [][]float64 // the last gradients
	learn   float64
	logits  []float64
	lossVal float64
}

func newReference(m *Model, learn float64) *reference {
	r := &reference{sizes: m.Sizes(), learn: learn}
	for _, l := range m.Layers() {
		r.w = append(r.w, widen(l.Weights.Float32s()))
		r.b = append(r.b, widen(l.Bias.Float32s()))
	}
	for i := range r.w {
		for _, n := range []int{len(r.w[i]), len(r.b[i])} {
			r.m, r.v = append(r.m, make([]float64, n)), append(r.v, make([]float64, n))
		}
	}
	return r
}

func widen(x []float32) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float64(v)
	}
	return out
}

// run computes loss and gradients of a batch.
func (r *reference) run(t *testing.T, set *dataset.Dataset, weights []float32, c losses.Criterion) {
	t.Helper()
	n := set.Len()
	h := [][]float64{widen(set.Features.Clone().(*tensor.Dense).Float32s())}
	for i := range r.w {
		in, out := r.sizes[i], r.sizes[i+1]
		y := make([]float64, n*out)
		for a := range n {
			for o := range out {
				s := r.b[i][o]
				for j := range in {
					s += h[i][a*in+j] * r.w[i][j*out+o]
				}
				if i < len(r.w)-1 {
					s = math.Max(s, 0)
				}
				y[a*out+o] = s
			}
		}
		h = append(h, y)
	}
	k := r.sizes[len(r.sizes)-1]
	r.logits = h[len(h)-1]
	z := table(append([]float64(nil), r.logits...), n, k)
	in := losses.Inputs{Logits: z, Target: table(widen(set.Labels.Float32s()), n, k)}
	if weights != nil {
		in.SampleWeights = table(widen(weights), n)
	}
	var probs *tensor.Dense
	if c.FromProbs {
		var err error
		probs, err = losses.Softmax(z)
		require.NoError(t, err)
		in.Logits = probs
	}
	loss, grad := tensor.New(tensor.FromScalar(0.0)), table(make([]float64, n*k), n, k)
	require.NoError(t, c.EvalInto(losses.Outputs{Loss: loss, Grad: grad}, in))
	if c.FromProbs {
		var err error
		grad, err = losses.SoftmaxGrad(z, grad)
		require.NoError(t, err)
	}
	r.lossVal = loss.Float64s()[0]
	r.dw, r.db = make([][]float64, len(r.w)), make([][]float64, len(r.w))
	d := grad.Float64s()
	for i := len(r.w) - 1; i >= 0; i-- {
		in, out := r.sizes[i], r.sizes[i+1]
		dw, db, dx := make([]float64, in*out), make([]float64, out), make([]float64, n*in)
		for a := range n {
			for o := range out {
				g := d[a*out+o]
				if i < len(r.w)-1 && h[i+1][a*out+o] == 0 {
					g = 0
				}
				db[o] += g
				for j := range in {
					dw[j*out+o] += g * h[i][a*in+j]
					dx[a*in+j] += g * r.w[i][j*out+o]
				}
			}
		}
		r.dw[i], r.db[i], d = dw, db, dx
	}
}

// step is Adam by the book.
func (r *reference) step() {
	r.steps++
	for i := range r.w {
		for side, pair := range [][2][]float64{{r.w[i], r.dw[i]}, {r.b[i], r.db[i]}} {
			m, v := r.m[2*i+side], r.v[2*i+side]
			for j, g := range pair[1] {
				m[j] = 0.9*m[j] + 0.1*g
				v[j] = 0.999*v[j] + 0.001*g*g
				mHat, vHat := m[j]/(1-math.Pow(0.9, float64(r.steps))), v[j]/(1-math.Pow(0.999, float64(r.steps)))
				pair[0][j] -= r.learn * mHat / (math.Sqrt(vHat) + 1e-8)
			}
		}
	}
}
