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

type unaryFunc = func(tensor.Tensor) (*tensor.Dense, error)
type binaryFunc = func(a, b tensor.Tensor) (*tensor.Dense, error)

// softmaxes are the three functions of logits, with their gradients.
var softmaxes = map[string]struct {
	f    unaryFunc
	grad binaryFunc
	dims int
}{
	"softmax":     {losses.Softmax, losses.SoftmaxGrad, 2},
	"log-softmax": {losses.LogSoftmax, losses.LogSoftmaxGrad, 2},
	"logsumexp":   {losses.LogSumExp, losses.LogSumExpGrad, 1},
}

// TestSoftmaxesTorch: values and vector-Jacobian products against PyTorch's.
func TestSoftmaxesTorch(t *testing.T) {
	var g torchGolden
	numtest.Golden(t, "crossentropy.json", &g)
	for _, b := range g.Batches {
		n, k := b.Logits.N, b.Logits.K
		for _, dt := range floatDtypes {
			rtol, _ := goldenTolerance(dt)
			z := dense(dt, b.Logits.Data, n, k)
			for name, want := range map[string]struct{ value, vjp []float64 }{
				"softmax":     {b.Softmax.Data, b.SoftmaxVJP.Data},
				"log-softmax": {b.LogSoftmax.Data, b.LogVJP.Data},
				"logsumexp":   {b.LogSumExp, b.LSEVJP.Data},
			} {
				f := softmaxes[name]
				got, err := f.f(z)
				require.NoError(t, err)
				require.Equal(t, f.dims, got.Dims())
				// PyTorch's logarithm of a sum near 1, and its p - p², lose what is below an ulp of
				// 1. A log-sum-exp near 0 is the difference of two numbers of the size of the
				// largest logit, both rounded.
				atol := 4 * epsilon(tensor.Float64)
				if name == "logsumexp" {
					atol = max(atol, 4*epsilon(dt))
				}
				near(t, b.Name+" "+name, values(got), want.value, rtol, atol)
				u := dense(dt, b.Upstream.Data, n, k)
				if f.dims == 1 {
					u = dense(dt, b.Rows, n)
				}
				vjp, err := f.grad(z, u)
				require.NoError(t, err)
				size := 1.0 // of Σu, whose terms cancel
				for lo := 0; lo < n*k; lo += k {
					row := 0.0
					for _, v := range b.Upstream.Data[lo : lo+k] {
						row += math.Abs(v)
					}
					size = math.Max(size, row)
				}
				near(t, b.Name+" "+name+" vjp", values(vjp), want.vjp, rtol, size*epsilon(dt))
				same(t, "logits", values(z), b.Logits.Data)
			}
		}
	}
}

// TestSoftmaxesSpecial: what the doc comments say about special values.
func TestSoftmaxesSpecial(t *testing.T) {
	third := 1. / 3
	for _, dt := range floatDtypes {
		z := dense(dt, []float64{
			0, -inf, 0,
			1, nan, 2,
			inf, 0, 0,
			-inf, -inf, -inf,
			1e30, -1e30, 0,
			5, 5, 5,
		}, 6, 3)
		for name, want := range map[string][]float64{
			"softmax": {.5, 0, .5, nan, nan, nan, nan, nan, nan, nan, nan, nan, 1, 0, 0, third, third, third},
			"log-softmax": {-math.Ln2, -inf, -math.Ln2, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, -2e30, -1e30,
				-math.Log(3), -math.Log(3), -math.Log(3)},
			"logsumexp": {math.Ln2, nan, nan, nan, 1e30, 5 + math.Log(3)},
		} {
			got, err := softmaxes[name].f(z)
			require.NoError(t, err)
			near(t, fmt.Sprint(name, " ", dt), values(got), want, epsilon(dt), 0)
		}
		ones := dense(dt, repeat(18, func(i int) float64 { return float64(i%3) + 1 }), 6, 3)
		rows := dense(dt, []float64{1, 1, 1, 1, 2, 3}, 6)
		for name, want := range map[string][]float64{
			"softmax":     {-.5, 0, .5, nan, nan, nan, nan, nan, nan, nan, nan, nan, 0, 0, 0, -third, 0, third},
			"log-softmax": {-2, 2, 0, nan, nan, nan, nan, nan, nan, nan, nan, nan, -5, 2, 3, -1, 0, 1},
			"logsumexp":   {.5, 0, .5, nan, nan, nan, nan, nan, nan, nan, nan, nan, 2, 0, 0, 1, 1, 1},
		} {
			u := ones
			if name == "logsumexp" {
				u = rows
			}
			got, err := softmaxes[name].grad(z, u)
			require.NoError(t, err)
			near(t, fmt.Sprint(name, " grad ", dt), values(got), want, 2*epsilon(dt), 2*epsilon(dt))
		}
	}
}

// TestSoftmaxesOneClass: K = 1.
func TestSoftmaxesOneClass(t *testing.T) {
	for _, dt := range floatDtypes {
		z := dense(dt, []float64{-3, 1e30, -inf}, 3, 1)
		u := dense(dt, []float64{2, 3, 4}, 3, 1)
		rows := dense(dt, []float64{2, 3, 4}, 3)
		for name, want := range map[string][2][]float64{
			"softmax":     {{1, 1, nan}, {0, 0, nan}},
			"log-softmax": {{0, 0, nan}, {0, 0, nan}},
			"logsumexp":   {round(dt, []float64{-3, 1e30, nan}), {2, 3, nan}},
		} {
			got, err := softmaxes[name].f(z)
			require.NoError(t, err)
			same(t, name, values(got), want[0])
			up := u
			if name == "logsumexp" {
				up = rows
			}
			got, err = softmaxes[name].grad(z, up)
			require.NoError(t, err)
			same(t, name+" grad", values(got), want[1])
		}
	}
}

// TestSoftmaxGradInfiniteUpstream: an infinite upstream does no harm where p is 0.
func TestSoftmaxGradInfiniteUpstream(t *testing.T) {
	for _, dt := range floatDtypes {
		got, err := losses.SoftmaxGrad(dense(dt, []float64{0, -inf, 0}, 1, 3), dense(dt, []float64{1, inf, 3}, 1, 3))
		require.NoError(t, err)
		same(t, "grad", values(got), []float64{-.5, 0, .5})
	}
}

// TestSoftmaxesSaturated: the sure class's own gradient keeps its digits in a saturated row.
func TestSoftmaxesSaturated(t *testing.T) {
	q := math.Exp(-60) // 1 - p_0, to 1e-26
	z := dense(tensor.Float32, []float64{60, 0}, 1, 2)
	got, err := losses.LogSoftmaxGrad(z, dense(tensor.Float32, []float64{1, 0}, 1, 2))
	require.NoError(t, err)
	near(t, "log-softmax", values(got), []float64{q, -q}, 2*epsilon(tensor.Float32), 0)
	got, err = losses.SoftmaxGrad(z, dense(tensor.Float32, []float64{1, 0}, 1, 2))
	require.NoError(t, err)
	near(t, "softmax", values(got), []float64{q, -q}, 2*epsilon(tensor.Float32), 0)
	got, err = losses.LogSoftmax(z)
	require.NoError(t, err)
	near(t, "l", values(got), []float64{-q, -60}, epsilon(tensor.Float32), 0)
}
