package losses_test

import (
	"math"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestUsedMemory: tensors that are returned have nothing of what their memory held before.
func TestUsedMemory(t *testing.T) {
	const n, k = 9, 13
	for _, dt := range floatDtypes {
		z := dense(dt, repeat(n*k, func(i int) float64 { return math.Sin(float64(i)) }), n, k)
		u := dense(dt, repeat(n*k, func(i int) float64 { return math.Cos(float64(i)) }), n, k)
		labels := dense(dt, repeat(n*k, func(int) float64 { return 1.0 / k }), n, k)
		rows, index := dense(dt, repeat(n, one), n), indices(tensor.Int, 0, 1, 2, 3, -1, -1, 6, 7, -1)
		some := losses.Criterion{Ignore: []int{-1}}
		for name, f := range map[string]func() (*tensor.Dense, error){
			"gradient": func() (*tensor.Dense, error) {
				_, g, err := losses.Criterion{}.EvalGrad(z, labels)
				return g, err
			},
			"gradient beside removed rows": func() (*tensor.Dense, error) {
				_, g, err := some.EvalGrad(z, index)
				return g, err
			},
			"Hessian": func() (*tensor.Dense, error) { return some.HessianVector(z, index, u) },
			"divergence": func() (*tensor.Dense, error) {
				_, g, err := losses.JensenShannonGrad([]tensor.Tensor{z, u}, nil, losses.Mean)
				return g[1], err
			},
			"softmax":           func() (*tensor.Dense, error) { return losses.Softmax(z) },
			"log-softmax":       func() (*tensor.Dense, error) { return losses.LogSoftmax(z) },
			"log-sum-exp":       func() (*tensor.Dense, error) { return losses.LogSumExp(z) },
			"softmax, back":     func() (*tensor.Dense, error) { return losses.SoftmaxGrad(z, u) },
			"log-softmax, back": func() (*tensor.Dense, error) { return losses.LogSoftmaxGrad(z, u) },
			"log-sum-exp, back": func() (*tensor.Dense, error) { return losses.LogSumExpGrad(z, rows) },
		} {
			var got [2][]float64
			for i, fill := range []byte{0, 0xff} { // 0xff are NaN
				use(n*int(dt.Size()), fill)
				use(n*k*int(dt.Size()), fill)
				x, err := f()
				require.NoError(t, err, name)
				got[i] = values(x)
			}
			assert.Equal(t, got[0], got[1], "%s %v", name, dt)
		}
	}
}

// use fills memory and leaves it to pieces of so many bytes that are asked for next.
func use(size int, fill byte) {
	var pieces [64][]byte
	for i := range pieces {
		pieces[i] = make([]byte, size)
		for j := range pieces[i] {
			pieces[i][j] = fill
		}
	}
	runtime.KeepAlive(&pieces)
	runtime.GC()
}
