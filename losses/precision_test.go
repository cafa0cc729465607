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

// TestTinyLosses: a loss and a gradient of 1e-30 are right to the last digits in float32 too,
// where log(Σexp) and p - 1 are 0.
func TestTinyLosses(t *testing.T) {
	b := batch{dt: tensor.Float32, n: 1, k: 3, z: []float64{20, 0, 0}, index: []int{0}}
	require.Equal(t, "4.12e-09", fmt.Sprintf("%.2e", b.eval(t, losses.Criterion{}).loss[0]))

	for _, dt := range floatDtypes {
		for _, gap := range []float64{5, 20, 40, 60, 70, 85} {
			for name, l := range map[string]losses.Loss{
				"ce": losses.CrossEntropy{}, "ce-row": byRow{losses.CrossEntropy{}},
				"mae": losses.MAE{}, "mae-row": byRow{losses.MAE{}}, "gce": GCE{Q: .7}, // of example_loss_test.go
			} {
				c := losses.Criterion{Loss: l}
				z := []float64{0, gap, -1, 3 - gap}
				x := numtest.NewExact(z)
				q, _ := x.Q.Float64()
				soft := batch{dt: dt, n: 1, k: 4, z: z, t: oneHot(4, 1)}
				hard := soft
				hard.index = []int{1}
				loss, grad := x.CrossEntropy(soft.t)
				switch name {
				case "mae", "mae-row":
					loss, grad = x.MAE(soft.t)
				case "gce":
					p, l := numtest.Floats(x.P), x.LogP[1]
					logp, _ := l.Float64()
					loss = -math.Expm1(.7*logp) / .7
					grad = scaled(math.Exp(.7*logp), p)
					grad[1] = -math.Exp(.7*logp) * q
				}
				rtol, underflow := 4*epsilon(dt), 0x1p-149
				if dt == tensor.Float64 {
					underflow = 0
					rtol = gap * epsilon(dt) // z - M is rounded before it is exponentiated
				}
				for form, b := range map[string]batch{"soft": soft, "index": hard} {
					for _, got := range []result{b.eval(t, c), {loss: b.lossAlone(t, c), grad: b.eval(t, c).grad}} {
						near(t, fmt.Sprint(name, " ", form, " ", dt, " ", gap, " loss"), got.loss, []float64{loss},
							rtol, 0)
						near(t, fmt.Sprint(name, " ", form, " ", dt, " ", gap, " grad"), got.grad, grad, rtol,
							underflow)
					}
				}
			}
		}
	}
	b = batch{dt: tensor.Float32, n: 1, k: 2, z: []float64{70, 0}, index: []int{0}}
	near(t, "e^-70", b.lossAlone(t, losses.Criterion{}), []float64{math.Exp(-70)}, epsilon(tensor.Float32), 0)
}

// lossAlone is the loss when nothing else is asked for.
func (b batch) lossAlone(t tester, c losses.Criterion) []float64 {
	out := losses.Outputs{Loss: b.outputs(c).Loss}
	require.NoError(t, c.EvalInto(out, b.inputs(c)))
	return values(out.Loss)
}

// TestSumsInFloat64: the sum over a row and over the batch of float32 data does not lose what
// float32 would.
func TestSumsInFloat64(t *testing.T) {
	const n = 1 << 17
	b := batch{dt: tensor.Float32, n: n, k: 2, z: make([]float64, 2*n), index: make([]int, n)}
	c := losses.Criterion{Reduction: losses.Sum}
	near(t, "n log 2", b.lossAlone(t, c), []float64{n * math.Ln2}, epsilon(tensor.Float32), 0)
	c.Reduction = losses.Mean
	near(t, "log 2", b.lossAlone(t, c), []float64{math.Ln2}, epsilon(tensor.Float32), 0)

	wide := batch{dt: tensor.Float32, n: 1, k: n, z: make([]float64, n), index: []int{3}}
	near(t, "log K", wide.lossAlone(t, c), []float64{math.Log(n)}, epsilon(tensor.Float32), 0)
	wide.index, wide.t = nil, repeat(n, func(int) float64 { return 0x1p-17 })
	near(t, "log K, soft", wide.lossAlone(t, c), []float64{math.Log(n)}, epsilon(tensor.Float32), 0)
}

// TestAgainstExact holds whole batches of float64 against 320-bit arithmetic, beyond what kernels
// see.
func TestAgainstExact(t *testing.T) {
	r := rand.New(rand.NewPCG(52, 2))
	for _, k := range []int{2, 3, 10, 100} {
		b := batch{dt: tensor.Float64, n: 4, k: k}
		for i := range b.n * k {
			b.z = append(b.z, r.NormFloat64()*math.Pow(10, float64(i/k)-1))
			b.t = append(b.t, r.Float64()*float64(r.IntN(2)))
		}
		c := losses.Criterion{Reduction: losses.None}
		got := b.eval(t, c)
		for i := range b.n {
			lo, hi := i*k, (i+1)*k
			loss, grad := numtest.NewExact(b.z[lo:hi]).CrossEntropy(b.t[lo:hi])
			sum := 0.0
			for _, v := range b.t[lo:hi] {
				sum += v
			}
			near(t, "loss", got.loss[i:i+1], []float64{loss}, 400*epsilon(b.dt), 0) // logits up to 700 apart
			near(t, "grad", got.grad[lo:hi], grad, 400*epsilon(b.dt), float64(2+k/2)*sum*epsilon(b.dt))
		}
	}
}
