package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestJensenShannonAccuracy: predictions that disagree, some or almost not, in all classes or in
// one, sure or not, have losses and gradients within 4 ulp in float32, of the sums of the absolute
// values that they are added up from, and within 16 ulp in float64. There the logarithms of
// probabilities count as terms where predictions do not almost agree, and so do the arguments of
// exponentials.
func TestJensenShannonAccuracy(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for _, dt := range floatDtypes {
		most := map[tensor.Dtype]float64{tensor.Float32: 4, tensor.Float64: 16}[dt] * epsilon(dt)
		for _, k := range []int{2, 3, 10, 37, 130} {
			for _, apart := range []float64{3, 0.3, 0.03, 1e-4, 1e-6} {
				for sure := range 3 {
					for m := 2; m <= 4; m++ {
						logits := alikePredictions(r, dt, m, k, apart, []float64{0, 8, 40}[sure])
						loss, grads, err := losses.JensenShannonGrad(logits, nil, losses.Sum)
						require.NoError(t, err)
						want := exactDivergence(logits)
						what := fmt.Sprint(dt, " K=", k, " M=", m, " apart ", apart, " sure ", sure)
						size := want.loss
						if dt == tensor.Float64 && apart > 0.01 {
							size += want.logs
						}
						require.InDelta(t, want.loss, values(loss)[0], most*size, what)
						for i, g := range grads {
							for j, got := range values(g) {
								off, size := math.Abs(got-want.grads[i][j]), want.sizes[i][j]
								if dt == tensor.Float64 {
									size += want.arguments[i][j] / 8
								}
								if dt == tensor.Float64 && apart > 0.01 {
									size += want.gradLogs[i][j]
								}
								require.LessOrEqual(t, off, most*size+0x1p-149, "%s: prediction %d class %d: got %v, want %v", what, i, j,
									got, want.grads[i][j])
							}
						}
					}
				}
			}
		}
	}
}

// alikePredictions returns m rows of logits that differ by about apart, every third class not at
// all; one is larger than the others by sure.
func alikePredictions(r *rand.Rand, dt tensor.Dtype, m, k int, apart, sure float64) []tensor.Tensor {
	z := repeat(k, func(int) float64 { return 2 * r.NormFloat64() })
	z[r.IntN(k)] += sure
	var all []tensor.Tensor
	for i := range m {
		all = append(all, dense(dt, repeat(k, func(j int) float64 {
			if j%3 == 2 {
				return z[j] + 20*float64(i)
			}
			return z[j] + 20*float64(i) + apart*r.NormFloat64()
		}), 1, k))
	}
	return all
}

// divergenceWant holds a divergence and gradients of predictions, and by class the sizes of their
// terms.
type divergenceWant struct {
	loss, logs                        float64 // logs are what the logarithms add to the sizes
	grads, sizes, gradLogs, arguments [][]float64
}

// exactDivergence computes the divergence of a row with 100 bits.
func exactDivergence(logits []tensor.Tensor) (w divergenceWant) {
	var predictions []numtest.Softmax
	for _, z := range logits {
		predictions = append(predictions, numtest.NewSoftmax(values(z.(*tensor.Dense))))
	}
	m, k := numtest.Num(float64(len(logits))), logits[0].Shape()[1]
	d := make([][]numtest.DD, len(logits))
	apart := make([]float64, k) // the largest |d|
	for j := range k {
		var mean numtest.DD
		for _, p := range predictions {
			mean = mean.Add(p.P[j])
		}
		mean = mean.Div(m)
		for i, p := range predictions {
			d[i] = append(d[i], p.P[j].Div(mean).Log())
			apart[j] = max(apart[j], math.Abs(d[i][j].Hi))
		}
	}
	var loss numtest.DD
	for i, p := range predictions {
		var l numtest.DD
		size := 0.0
		for j, x := range d[i] {
			size += p.P[j].Hi * apart[j]
			l = l.Add(divergenceTerm(p.P[j], x))
			w.logs -= p.P[j].Mul(x.Abs()).Mul(p.P[j].Log()).Div(m).Hi
		}
		loss = loss.Add(l)
		grads, sizes := make([]float64, k), make([]float64, k)
		logs, arguments := make([]float64, k), make([]float64, k)
		for j, x := range d[i] {
			q := p.P[j].Div(m)
			grads[j] = q.Mul(x.Sub(l)).Hi
			sizes[j] = q.Hi * (apart[j] + size)
			logs[j] = -q.Hi * p.P[j].Log().Hi
			arguments[j] = -sizes[j] * p.P[j].Log().Hi
		}
		if top := p.Max; p.P[top].Hi > 0.5 {
			var sum numtest.DD
			sizes[top], logs[top], arguments[top] = 0, 0, 0
			for j, x := range d[i] {
				if q := p.P[top].Mul(p.P[j]).Div(m); j != top {
					sum = sum.Add(q.Mul(x.Sub(d[i][top])))
					sizes[top] += q.Hi * (apart[j] + apart[top])
					logs[top] -= q.Hi * p.P[j].Log().Hi
					arguments[top] -= q.Hi * (apart[j] + apart[top]) * p.P[j].Log().Hi
				}
			}
			grads[top] = sum.Neg().Hi
		}
		w.grads, w.sizes, w.gradLogs = append(w.grads, grads), append(w.sizes, sizes), append(w.gradLogs, logs)
		w.arguments = append(w.arguments, arguments)
	}
	w.loss = loss.Div(m).Hi
	return w
}

// divergenceTerm returns p d - p + m for d = log p - log m: where d is small, by Σ (-d)^n/n! over n
// > 1, times p.
func divergenceTerm(p, d numtest.DD) (sum numtest.DD) {
	if math.Abs(d.Hi) > 0.1 {
		return p.Mul(d).Sub(p).Add(p.Mul(d.Neg().Exp()))
	}
	term := p
	for n := 1.; n < 25; n++ {
		if term = term.Mul(d.Neg()).Div(numtest.Num(n)); n > 1 {
			sum = sum.Add(term)
		}
	}
	return sum
}

// TestJensenShannonOfOneRow: a row by itself gives the bits that it gives among others, whether
// predictions agree in them or not.
func TestJensenShannonOfOneRow(t *testing.T) {
	const n, m = 9, 3
	r := rand.New(rand.NewPCG(7, 8))
	for _, dt := range floatDtypes {
		for _, k := range []int{2, 3, 10, 100} {
			var z [m][]float64
			for i := range n {
				for j, row := range alikePredictions(r, dt, m, k, []float64{1e-4, 1e-4, 3, 0.1}[i*i%7%4], 0) {
					z[j] = append(z[j], values(row.(*tensor.Dense))...)
				}
			}
			of := func(lo, hi int) (all [][]float64) {
				var logits []tensor.Tensor
				for _, z := range z {
					logits = append(logits, dense(dt, z[lo*k:hi*k], hi-lo, k))
				}
				loss, grads, err := losses.JensenShannonGrad(logits, nil, losses.None)
				require.NoError(t, err)
				all = append(all, values(loss))
				for _, g := range grads {
					all = append(all, values(g))
				}
				return all
			}
			together := of(0, n)
			for i := range n {
				for j, got := range of(i, i+1) {
					size := len(got)
					require.Equal(t, together[j][i*size:(i+1)*size], got, "%v K=%d row %d", dt, k, i)
				}
			}
		}
	}
}
