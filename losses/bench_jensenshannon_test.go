package losses_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// BenchmarkJensenShannon is the divergence of three predictions with its gradients, of some that
// disagree and of some that almost agree, beside what three predictions cost: softmax and
// log-softmax of each, into new tensors as those of the divergence are, or cross entropy and
// gradient.
func BenchmarkJensenShannon(b *testing.B) {
	const m = 3
	for _, dt := range floatDtypes {
		for _, shape := range [][2]int{{1024, 10}, {1024, 100}, {256, 1000}} {
			n, k := shape[0], shape[1]
			apart, near := make([]tensor.Tensor, m), make([]tensor.Tensor, m)
			for i := range m {
				z := func(j int) float64 { return float64(uint64(j)*2654435761%1024)/128 - 4 }
				apart[i] = dense(dt, repeat(n*k, func(j int) float64 { return z(j + 371*i) }), n, k)
				near[i] = dense(dt, repeat(n*k, func(j int) float64 { return z(j) + 1e-4*z(j*(i+1)) }), n, k)
			}
			index := tensor.New(tensor.WithBacking(make([]int, n)))
			for _, f := range []struct {
				name string
				f    func() error
			}{
				{"softmaxes", func() error { return eachOf(apart, softmaxesOf) }},
				{"cross entropy", func() error {
					return eachOf(apart, func(z tensor.Tensor) error {
						_, _, err := losses.Criterion{}.EvalGrad(z, index)
						return err
					})
				}},
				{"divergence", func() error { return divergenceOf(apart) }},
				{"divergence, almost 0", func() error { return divergenceOf(near) }},
			} {
				b.Run(fmt.Sprintf("f=%s/dtype=f%d/n=%d/k=%d", f.name, 8*dt.Size(), n, k), func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(int64(m*n*k) * int64(dt.Size()))
					for b.Loop() {
						require.NoError(b, f.f())
					}
				})
			}
		}
	}
}

func eachOf(logits []tensor.Tensor, f func(z tensor.Tensor) error) error {
	for _, z := range logits {
		if err := f(z); err != nil {
			return err
		}
	}
	return nil
}

func softmaxesOf(z tensor.Tensor) error {
	if _, err := losses.Softmax(z); err != nil {
		return err
	}
	_, err := losses.LogSoftmax(z)
	return err
}

func divergenceOf(logits []tensor.Tensor) error {
	_, _, err := losses.JensenShannonGrad(logits, nil, losses.Mean)
	return err
}
