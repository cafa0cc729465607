package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestDivergence: terms of divergences are right to 1e-13 where p and m are alike and where they are
// not, at every length, without touching what is behind; a p of 0 and a NaN are as they should be.
func TestDivergence(t *testing.T) {
	for _, name := range implementations() {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			for _, n := range lengths() {
				divergenceOf(t, n)
			}
		})
	}
}

func divergenceOf(t *testing.T, n int) {
	p, l, m, minus := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	h, d := append(make([]float64, n), 7), append(make([]float64, n), 7)
	for j := range n {
		m[j] = 0.3 / float64(j+1)
		want := []float64{0, 1e-6, -0.1, 0.1249, -0.1251, 2, -40}[j%7]
		minus[j], l[j] = 3, want-3
		p[j] = m[j] * math.Exp(want)
	}
	Divergence(h[:n], d[:n], p, l, m, minus)
	for j := range n {
		x := l[j] + 3
		require.Equal(t, x, d[j])
		e := numtest.Num(x)
		want := e.Exp().Mul(e.Sub(numtest.Num(1))).Add(numtest.Num(1)).Mul(numtest.Num(m[j])).Hi
		require.InDelta(t, want, h[j], 1e-13*want, "n=%d: d=%v", n, x)
	}
	at := n / 2
	p[at], l[at] = 0, math.Inf(-1)
	Divergence(h[:n], d[:n], p, l, m, minus)
	require.Equal(t, m[at], h[at])
	require.Zero(t, p[at]*d[at])
	p[at], l[at], m[at] = math.NaN(), math.NaN(), math.NaN()
	Divergence(h[:n], d[:n], p, l, m, minus)
	require.True(t, math.IsNaN(h[at]) && math.IsNaN(d[at]))
	require.Equal(t, []float64{7, 7}, []float64{h[n], d[n]})
}
