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

// TestMAEIdentity: over the K one-hot labels a prediction costs 2(K-1), whatever it is.
func TestMAEIdentity(t *testing.T) {
	r := rand.New(rand.NewPCG(27, 2))
	for _, dt := range floatDtypes {
		for _, k := range []int{1, 2, 5, 130} {
			for _, scale := range []float64{0, 1, 100} {
				row := round(dt, repeat(k, func(int) float64 { return scale * r.NormFloat64() }))
				b := batch{dt: dt, n: k, k: k, index: make([]int, k)}
				for y := range k {
					b.z = append(b.z, row...)
					b.index[y] = y
				}
				got := b.eval(t, losses.Criterion{Loss: losses.MAE{}, Reduction: losses.Sum})
				near(t, "Σ_j L(p, e_j)", got.loss, []float64{2 * float64(k-1)},
					math.Max(epsilon(dt), 16*epsilon(tensor.Float64)), 0)
			}
		}
	}
}

// TestMAEBesideSmallLabel: the error of a question keeps the digits of a small label, of which that
// of "no" has lost them: both terms are |p - t|.
func TestMAEBesideSmallLabel(t *testing.T) {
	for _, dt := range floatDtypes {
		var z, labels []float64
		for label := map[tensor.Dtype]float64{tensor.Float32: .2, tensor.Float64: 1e-9}[dt]; label > 1e-30; label *= .13 {
			for _, off := range []float64{-3, -.5, .5, 3} {
				z, labels = append(z, math.Log(label)+off), append(labels, label)
			}
		}
		n := len(z)
		logits, y := dense(dt, z, n), dense(dt, labels, n)
		var want, slope []float64
		for i, x := range values(logits) {
			p, label := math.Exp(x)/(1+math.Exp(x)), values(y)[i]
			want = append(want, 2*math.Abs(p-label))
			slope = append(slope, math.Copysign(2*p/(1+math.Exp(x)), p-label))
		}
		for _, l := range []losses.Loss{losses.MAE{}, byRow{losses.MAE{}}} {
			c := losses.Criterion{Loss: l, Link: losses.SigmoidLink, Reduction: losses.None}
			loss, grad, err := c.EvalGrad(logits, y)
			require.NoError(t, err)
			near(t, fmt.Sprint(dt, l), values(loss), want, 16*epsilon(dt), 0)
			near(t, fmt.Sprint(dt, l), values(grad), slope, 16*epsilon(dt), 0)
		}
	}
}
