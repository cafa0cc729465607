package losses_test

import (
	"fmt"
	"math"
	"testing"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestSureRows: where one class has nearly all of the probability, right or wrong, loss and
// gradient by the kernels are those by Row in float64 to the last digits of the dtype, and so is
// the small gradient of that class.
func TestSureRows(t *testing.T) {
	for _, name := range []string{"nce", "rce", "sce", "confidence"} {
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
						b.t = round(tensor.Float32,
							repeat(3*k, func(i int) float64 { return .9*b.t[i] + .1/float64(k) }))
					}
					b.dt = tensor.Float64
					want := b.eval(t, losses.Criterion{Loss: byRow{c.Loss}, Reduction: losses.None})
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
