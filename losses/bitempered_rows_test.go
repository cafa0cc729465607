package losses_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestBiTemperedRows: the kernels give what Row does in float64, for few classes and many, flat
// rows and sure ones, and parameters with and without a kernel for several rows at once.
func TestBiTemperedRows(t *testing.T) {
	r := rand.New(rand.NewPCG(94, 2))
	for _, l := range []losses.BiTempered{{T1: .8, T2: 1.2}, {T1: 0, T2: 1.3}, {T1: .5, T2: 1.5}, {T1: .3, T2: 2},
		{T1: .9, T2: 4}, {T1: .9, T2: 5}, {T1: 1 - 0x1p-10, T2: 1 + 0x1p-10}, {T1: 1, T2: 1.2}} {
		for _, k := range []int{1, 2, 3, 10, 16, 17, 40, 41, 64, 65} {
			for _, spread := range []float64{0, .01, 2, 9, 60} {
				const n = 19
				b := batch{n: n, k: k, z: make([]float64, n*k), t: make([]float64, n*k)}
				for i := range b.z {
					b.z[i], b.t[i] = spread*r.NormFloat64(), r.Float64()*float64(r.IntN(2))
				}
				b.z = round(tensor.Float32, b.z)
				b.t = round(tensor.Float32, b.t)
				for _, index := range [][]int{nil, repeatInt(n, func(i int) int { return i % k })} {
					b.index, b.dt = index, tensor.Float64
					want := b.eval(t, losses.Criterion{Loss: byRow{l}, Reduction: losses.None})
					for _, b.dt = range floatDtypes {
						got, eps := b.eval(t, losses.Criterion{Loss: l, Reduction: losses.None}), 4*epsilon(b.dt)
						if b.dt == tensor.Float64 {
							eps = 1e-11
						}
						what := fmt.Sprintf("%+v K=%d spread %v index %v %v", l, k, spread, index != nil, b.dt)
						near(t, what+" loss", got.loss, want.loss, eps, 1e-12)
						near(t, what+" grad", got.grad, want.grad, eps, 1e-12)
					}
				}
			}
		}
	}
}

// TestBiTemperedRowsNearLabels: labels 1 % from the prediction, of many classes, whose losses are
// small differences: float32 rows are those of float64 to four ulp.
func TestBiTemperedRowsNearLabels(t *testing.T) {
	r := rand.New(rand.NewPCG(95, 2))
	for _, l := range []losses.BiTempered{{T1: .8, T2: 1.2}, {T1: .2, T2: 1.05}, {T1: .5, T2: 2}} {
		for _, k := range []int{2, 3, 10, 17, 40, 64, 65, 100, 300, 1000} {
			for _, spread := range []float64{.1, 1, 2, 4} {
				const n = 17
				b := batch{dt: tensor.Float64, n: n, k: k, z: repeat(n*k, func(int) float64 { return spread * r.NormFloat64() })}
				b.z = round(tensor.Float32, b.z)
				c := losses.Criterion{Loss: l, Reduction: losses.None}
				probs, err := c.Probs(b.inputs(c).Logits)
				require.NoError(t, err)
				b.t = values(probs)
				for i := range b.t {
					b.t[i] *= 1 + .01*r.NormFloat64()
				}
				b.t = round(tensor.Float32, b.t)
				want := b.eval(t, c)
				b.dt = tensor.Float32
				got := b.eval(t, c)
				what := fmt.Sprintf("%+v K=%d spread %v", l, k, spread)
				near(t, what+" loss", got.loss, want.loss, 4*epsilon(b.dt), 0)
			}
		}
	}
}

// TestBiTemperedRowsSure: losses that are differences of powers near 1, of a sure class or of an
// exponent near 0, have all digits in rows of float32, too.
func TestBiTemperedRowsSure(t *testing.T) {
	r := rand.New(rand.NewPCG(95, 3))
	for _, k := range []int{10, 40, 65, 100, 300} {
		for _, l := range []losses.BiTempered{{T1: .8, T2: 1.2}, {T1: .5, T2: 1.2}, {T1: 1 - 0x1p-40, T2: 1.2}} {
			b := batch{n: 2, k: k, z: round(tensor.Float32, repeat(2*k, func(int) float64 { return r.NormFloat64() }))}
			b.t = round(tensor.Float32, repeat(2*k, func(int) float64 { return r.Float64() / float64(k) }))
			clear(b.t[:k])
			b.z[3], b.t[3] = 0x1p15, 1
			c := losses.Criterion{Loss: l, Reduction: losses.None}
			b.dt = tensor.Float64
			want := b.eval(t, c)
			b.dt = tensor.Float32
			near(t, fmt.Sprintf("%+v K=%d", l, k), b.eval(t, c).loss, want.loss, 4*epsilon(b.dt), 0)
		}
	}
}

// TestBiTemperedRowsOfOne: rows of one label, of any class, the largest and one of logit -Inf too,
// have all digits in float32.
func TestBiTemperedRowsOfOne(t *testing.T) {
	r := rand.New(rand.NewPCG(95, 4))
	for _, l := range []losses.BiTempered{{T1: .8, T2: 1.2}, {T1: .5, T2: 1.5}, {T1: 0, T2: 2}, {T1: .7, T2: 1.2}} {
		for _, k := range []int{17, 65, 100, 300} {
			for _, spread := range []float64{.01, 1, 4, 30, 1000} {
				b := batch{n: k, k: k, index: repeatInt(k, func(i int) int { return i })}
				row := repeat(k, func(int) float64 { return spread * r.NormFloat64() })
				row[k/2] = math.Inf(-1)
				b.z = round(tensor.Float32, repeat(k*k, func(i int) float64 { return row[i%k] }))
				c := losses.Criterion{Loss: l, Reduction: losses.None}
				b.dt = tensor.Float64
				want := b.eval(t, c)
				b.dt = tensor.Float32
				got := b.eval(t, c)
				what := fmt.Sprintf("%+v K=%d spread %v", l, k, spread)
				near(t, what+" loss", got.loss, want.loss, 4*epsilon(b.dt), 0)
				near(t, what+" grad", got.grad, want.grad, 4*epsilon(b.dt), 1e-12)
			}
		}
	}
}
