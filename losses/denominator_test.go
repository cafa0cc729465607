package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// TestDenominatorOfParts: the sums of two parts, divided by the sum of their denominators, are loss
// and gradient of the whole.
func TestDenominatorOfParts(t *testing.T) {
	const n, k, cut = 5, 3, 2
	z, labels := make([]float64, n*k), make([]float64, n*k)
	for i := range z {
		z[i], labels[i] = math.Sin(float64(3*i)), float64(1+i%4)/4
	}
	sample := []float64{1, 0, 2, 0.5, 3}
	part := func(lo, hi int) losses.Inputs {
		of := func(data []float64, shape ...int) tensor.Tensor {
			return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
		}
		return losses.Inputs{Logits: of(z[lo*k:hi*k], hi-lo, k), Target: of(labels[lo*k:hi*k], hi-lo, k),
			SampleWeights: of(sample[lo:hi], hi-lo)}
	}
	eval := func(c losses.Criterion, in losses.Inputs) (float64, []float64) {
		out := losses.Outputs{Loss: tensor.New(tensor.FromScalar(0.0)),
			Grad: tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(in.Logits.Shape()...))}
		require.NoError(t, c.EvalInto(out, in))
		return out.Loss.Float64s()[0], out.Grad.Float64s()
	}
	for _, r := range []losses.Reduction{losses.Mean, losses.WeightedMean} {
		for _, link := range []losses.Link{losses.SoftmaxLink, losses.SigmoidLink} {
			for _, w := range [][]float64{nil, {1, 2, 0.5}, {1e150, 1e151, 0}} {
				what := fmt.Sprint(r, link, w)
				c := losses.Criterion{Reduction: r, Link: link, ClassWeights: w}
				want, wantGrad := eval(c, part(0, n))
				sum := c
				sum.Reduction = losses.Sum
				a, gradA := eval(sum, part(0, cut))
				b, gradB := eval(sum, part(cut, n))
				da, err := c.Denominator(part(0, cut))
				require.NoError(t, err)
				db, err := c.Denominator(part(cut, n))
				require.NoError(t, err)
				require.True(t, numtest.Close((a+b)/(da+db), want, 1e-14, 0),
					"%s: got %v / %v, want %v", what, a+b, da+db, want)
				for i, g := range append(gradA, gradB...) {
					require.True(t, numtest.Close(g/(da+db), wantGrad[i], 1e-13, 0), "%s: %d", what, i)
				}
			}
		}
	}
}

func TestDenominator(t *testing.T) {
	z := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(make([]float32, 6)))
	index := func(y ...int) tensor.Tensor { return tensor.New(tensor.WithShape(len(y)), tensor.WithBacking(y)) }
	for r, want := range map[losses.Reduction]float64{losses.Mean: 2, losses.Sum: 1, losses.None: 1,
		losses.WeightedMean: 8} {
		c := losses.Criterion{Reduction: r, Ignore: []int{7}, ClassWeights: []float64{3, 5}}
		got, err := c.Denominator(losses.Inputs{Logits: z, Target: index(0, 7, 1)})
		require.NoError(t, err)
		require.Equal(t, want, got, r)
	}
	_, err := losses.Criterion{}.Denominator(losses.Inputs{Logits: z})
	require.ErrorIs(t, err, losses.ErrNil)
	_, err = losses.Criterion{}.Denominator(losses.Inputs{Logits: z, Target: index(0, 2, 1)})
	require.ErrorIs(t, err, losses.ErrIndex)
}
