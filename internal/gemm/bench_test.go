package gemm

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkMul measures products of the shapes that training has, and a large square one. A speed
// is in multiplications and additions per second, of the quickest product.
func BenchmarkMul(b *testing.B) {
	b.Run("dtype=f32", benchmarkMul[float32])
	b.Run("dtype=f64", benchmarkMul[float64])
}

func benchmarkMul[T Float](b *testing.B) {
	for _, s := range []struct {
		m, n, k int
		form    string // of A and B: N as it is, T transposed
	}{
		{512, 512, 512, "NN"}, {128, 128, 784, "NN"}, {784, 128, 128, "TN"}, {128, 128, 10, "NT"}, {128, 10, 128, "NN"},
		{1, 784, 784, "NN"}, {784, 1, 784, "NN"},
	} {
		for _, name := range implementations() {
			b.Run(fmt.Sprintf("m=%d/n=%d/k=%d/form=%s/impl=%s", s.m, s.n, s.k, s.form, name), func(b *testing.B) {
				defer forced(name)()
				r := rand.New(rand.NewPCG(1, 1))
				p := problem[T]{c: RowMajor(s.m, s.n, s.n, make([]T, s.m*s.n))}
				p.a, p.b = random[T](r, s.form[0] == 'T', s.m, s.k), random[T](r, s.form[1] == 'T', s.k, s.n)
				b.ReportAllocs()
				least := time.Hour
				for b.Loop() {
					start := time.Now()
					Mul(p.c, 0, 1, p.a, p.b)
					least = min(least, time.Since(start))
				}
				b.ReportMetric(2*float64(s.m*s.n*s.k)/float64(least.Nanoseconds()), "GFLOP/s-at-best")
			})
		}
	}
}
