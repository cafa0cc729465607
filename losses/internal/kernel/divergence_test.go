package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestDivergence: terms of divergences are right to 1e-13, or to 2^-32 for float32, where p and m
// are alike and where they are not, at every length, without touching what is behind; a p of 0 and
// a NaN are as they should be.
func TestDivergence(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, n := range lengths() {
			divergenceOf[float64](t, n, 1e-13)
			divergenceOf[float32](t, n, 0x1p-32)
		}
	})
}

func divergenceOf[T Float](t *testing.T, n int, most float64) {
	p, l, m, minus := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	h, d := append(make([]float64, n), 7), append(make([]float64, n), 7)
	for j := range n {
		m[j] = 0.3 / float64(j+1)
		want := []float64{0, 1e-6, -0.1, 0.1249, -0.1251, 2, -40}[j%7]
		minus[j], l[j] = 3, want-3
		p[j] = m[j] * math.Exp(want)
	}
	Divergence[T](h[:n], d[:n], p, l, m, minus)
	for j := range n {
		x := l[j] + 3
		require.Equal(t, x, d[j])
		e := numtest.Num(x)
		want := e.Exp().Mul(e.Sub(numtest.Num(1))).Add(numtest.Num(1)).Mul(numtest.Num(m[j])).Hi
		require.InDelta(t, want, h[j], most*want, "n=%d: d=%v", n, x)
	}
	at := n / 2
	p[at], l[at] = 0, math.Inf(-1)
	Divergence[T](h[:n], d[:n], p, l, m, minus)
	require.Equal(t, m[at], h[at])
	require.Zero(t, p[at]*d[at])
	p[at], l[at], m[at] = math.NaN(), math.NaN(), math.NaN()
	Divergence[T](h[:n], d[:n], p, l, m, minus)
	require.True(t, math.IsNaN(h[at]) && math.IsNaN(d[at]))
	require.Equal(t, []float64{7, 7}, []float64{h[n], d[n]})
}

// TestCloseDivergence: d and the terms of divergences of predictions that agree are right to 2^-50,
// or to 2^-32 for float32, however little they differ, at every length, without touching what is
// behind; p may be q.
func TestCloseDivergence(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, n := range lengths() {
			closeDivergenceOf[float64](t, n, 0x1p-50)
			closeDivergenceOf[float32](t, n, 0x1p-32)
		}
	})
}

func closeDivergenceOf[T Float](t *testing.T, n int, most float64) {
	q, mean, w := make([]float64, n), make([]float64, n), make([]float64, n)
	for j := range n {
		q[j] = 0.3 / float64(j+1)
		mean[j] = []float64{0, 1e-3, -0.15, 0.14}[j%4]
		w[j] = []float64{mean[j], mean[j] + 1e-6, 0.18, -0.15, mean[j] - 0.01}[j%5]
	}
	h, d := append(make([]float64, n), 7), append(slices.Clone(w), 7)
	p := append(slices.Clone(q), 7)
	CloseDivergence[T](h[:n], d[:n], p[:n], p[:n], mean)
	one := numtest.Num(1)
	for j := range n {
		m, x := numtest.Num(q[j]).Mul(one.Add(numtest.Num(mean[j]))), numtest.Num(q[j]).Mul(one.Add(numtest.Num(w[j])))
		log := x.Div(m).Log()
		if w[j] == mean[j] {
			log = numtest.Num(0)
		}
		require.InDelta(t, log.Hi, d[j], most*math.Abs(log.Hi), "n=%d: w=%v of %v", n, w[j], mean[j])
		require.InDelta(t, x.Hi, p[j], 0x1p-52*x.Hi, "n=%d", n)
		want := x.Mul(log).Sub(x).Add(m).Hi
		require.InDelta(t, want, h[j], 16*most*want, "n=%d: w=%v of %v", n, w[j], mean[j])
	}
	require.Equal(t, []float64{7, 7, 7}, []float64{h[n], d[n], p[n]})
}

// TestCentredRows: sums of rows, and their gradients, of rows of every length, sure or not, are
// those of the specification, without touching what is behind; a NaN is one of all classes.
func TestCentredRows(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, k := range lengths() {
			centredRowsOf(t, 5, k)
		}
	})
}

func centredRowsOf(t *testing.T, n, k int) {
	b := newBlock[float64](n, k, ordinary)
	b.z[k] += 10
	b.z[2*k+k/2] += 40
	p, d, f := make([]float64, n*k), b.z, []float64{1, -2, 0.5, 3, 1}
	Softmax(p, b.z, k)
	means, wantMeans := append(make([]float64, n), 7), make([]float64, n)
	for j, x := range p {
		wantMeans[j/k] += x * d[j]
	}
	products := make([]float64, n*k)
	for j, x := range p {
		products[j] = x * d[j]
	}
	RowSums(means[:n], products, k)
	require.Equal(t, 7.0, means[n])
	require.InDeltaSlice(t, wantMeans, means[:n], 0x1p-40, "K=%d", k)
	means[3] = math.NaN()
	got, want := append(make([]float64, n*k), 7), make([]float64, n*k)
	CentredRows(got[:n*k], p, d, means[:n], f, k)
	spec.CentredRows(want, p, d, means[:n], f, k)
	rounded := append(make([]float32, n*k), 7)
	CentredRows(rounded[:n*k], p, d, means[:n], f, k)
	for j, x := range want {
		if j/k == 3 {
			require.True(t, math.IsNaN(got[j]) && math.IsNaN(x), "K=%d: element %d is %v", k, j, got[j])
			require.True(t, rounded[j] != rounded[j], "K=%d: element %d is %v", k, j, rounded[j])
			continue
		}
		require.Equal(t, float32(got[j]), rounded[j], "K=%d: element %d", k, j)
		require.InDelta(t, x, got[j], 0x1p-46*p[j]*200, "K=%d: element %d of row %d", k, j%k, j/k)
	}
	if k > 1 {
		top := 2*k + k/2
		require.InEpsilon(t, want[top], got[top], 0x1p-40, "K=%d", k)
	}
	require.Equal(t, 7.0, got[n*k])
	require.EqualValues(t, 7, rounded[n*k])
}

// TestCentredRowsOfOne: what is left for a sure class where only a rare class has another number.
func TestCentredRowsOfOne(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, k := range lengths() {
			if k == 1 {
				continue
			}
			p, d := slices.Repeat([]float64{0x1p-600}, k), slices.Repeat([]float64{math.Ln2}, k)
			p[k-1], p[0], d[0] = 1, 0x1p-900, -1
			got := make([]float64, k)
			CentredRows(got, p, d, []float64{math.Ln2}, []float64{1}, k)
			require.InEpsilon(t, 0x1p-900*(1+math.Ln2), got[k-1], 0x1p-50, "K=%d", k)
			require.InEpsilon(t, 0x1p-900*(-1-math.Ln2), got[0], 0x1p-50, "K=%d", k)
		}
	})
}
