package losses_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestSureRows: where one class has nearly all of the probability, right or wrong, loss and gradient by the kernels are
// those by Row in float64 to the last digits of the dtype, and so is the small gradient of that class.
func TestSureRows(t *testing.T) {
	for _, name := range []string{"nce", "rce", "sce", "penalty"} {
		for _, k := range []int{3, 10, 40, 300} {
			for _, gap := range []float64{2, 8, 20, 40, 80} {
				c := losses.Criterion{Loss: lossFamily[name], Reduction: losses.None}
				b := batch{n: 3, k: k, index: []int{1, 1, 2}}
				b.z = repeat(3*k, func(i int) float64 { return math.Sin(float64(i)) - gap })
				b.z[1], b.z[k], b.z[2*k] = 0, 0, 0 // right, wrong, wrong by far
				b.z[2*k+2] = -3 * gap
				b.z = round(tensor.Float32, b.z)
				index := b.index
				for _, form := range []string{"index", "one-hot", "soft"} {
					switch form {
					case "one-hot":
						b.index, b.t = nil, oneHot(k, index...)
					case "soft":
						b.t = round(tensor.Float32, repeat(3*k, func(i int) float64 { return .9*b.t[i] + .1/float64(k) }))
					}
					b.dt = tensor.Float64
					want := b.eval(t, losses.Criterion{Loss: rowOnly{c.Loss}, Reduction: losses.None})
					for _, b.dt = range floatDtypes {
						got := b.eval(t, c)
						what, eps := fmt.Sprint(name, " ", form, " K=", k, " gap ", gap, " ", b.dt), epsilon(b.dt)
						near(t, what, got.loss, want.loss, (8+gap+float64(k)/8)*eps, 0)
						for i := range b.n { // relative to the largest number that enters; Row sums K numbers
							row := want.grad[i*k : (i+1)*k]
							size := want.loss[i]
							if form == "soft" {
								size = 1
							}
							for _, g := range row {
								size = math.Max(size, math.Abs(g))
							}
							near(t, what, got.grad[i*k:(i+1)*k], row, (8+gap)*eps, (16+float64(k)/8)*eps*size+0x1p-149)
						}
					}
				}
			}
		}
	}
}

// TestSymmetricExtremes: a symmetric cross entropy of any size is the sum of its two terms, for an index by kernels or not.
func TestSymmetricExtremes(t *testing.T) {
	b := familyBatch(losses.Criterion{}, 4, tableK, 88)
	b.index = []int{0, 2, 3, 1}
	for _, alpha := range []float64{0, 1e-300, 1e-30, 1e-6, 1, 1e6, 1e9, 1e30} {
		for _, beta := range []float64{0, 1e-30, 1e-6, 1, 1e6, 1e9, 1e30} {
			s := losses.SymmetricCrossEntropy{Alpha: alpha, Beta: beta, A: -4}
			for _, b.dt = range floatDtypes {
				if b.dt == tensor.Float32 && (alpha > 1e9 || beta > 1e9) {
					continue
				}
				x := b.eval(t, losses.Criterion{Loss: losses.CrossEntropy{}})
				y := b.eval(t, losses.Criterion{Loss: losses.ReverseCrossEntropy{A: -4}})
				got, size := b.eval(t, losses.Criterion{Loss: s}), alpha+4*beta
				sum := func(p, q []float64) []float64 {
					return repeat(len(p), func(i int) float64 { return alpha*p[i] + beta*q[i] })
				}
				near(t, fmt.Sprint(s), got.loss, sum(x.loss, y.loss), 16*epsilon(b.dt), 0x1p-149)
				near(t, fmt.Sprint(s), got.grad, sum(x.grad, y.grad), 16*epsilon(b.dt), 4*epsilon(b.dt)*size+0x1p-149)
			}
		}
	}
}
