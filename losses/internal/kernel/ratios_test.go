package kernel

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestRatios: what is computed of predictions that nearly agree is that of the specification, to 4
// ulp, at every length, without touching what is behind.
func TestRatios(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, n := range lengths() {
			ratiosOf(t, n)
		}
	})
}

func ratiosOf(t *testing.T, n int) {
	numbers := func(f func(j int) float64) []float64 {
		x := append(make([]float64, n), 7)
		for j := range n {
			x[j] = f(j)
		}
		return x
	}
	b := newBlock[float64](1, n, ordinary)
	p, q := numbers(func(j int) float64 { return b.t[j] }), numbers(func(j int) float64 { return b.t[n-1-j] })
	z := numbers(func(j int) float64 {
		return 1000 + b.z[j] + []float64{0, 1e-12, -0.3, 0.3, 1, -700, math.Inf(-1), math.NaN()}[j%8]
	})
	other := numbers(func(j int) float64 { return b.z[j] + []float64{0, 0, 1e-20}[j%3] })
	got, want := numbers(func(int) float64 { return 1 }), numbers(func(int) float64 { return 2 })
	equal := func(what string, want, got []float64) {
		t.Helper()
		for j, x := range want {
			if math.IsNaN(x) {
				require.True(t, math.IsNaN(got[j]), "%s of %d: element %d is %v", what, n, j, got[j])
				continue
			}
			require.InDelta(t, x, got[j], 0x1p-50*math.Abs(x), "%s of %d: element %d", what, n, j)
		}
	}
	s0, s1, s2 := Ratios(got[:n], z[:n], other[:n], p[:n], q[:n], 0)
	w0, w1, w2 := spec.Ratios(want[:n], z[:n], other[:n], p[:n], q[:n], 0)
	equal("differences", append(want[:n:n], 7), got)
	scale := 0x1p-50 * float64(n)
	require.InDeltaSlice(t, []float64{w0, w1, w2}, []float64{s0, s1, s2}, scale, "n=%d", n)

	sum, wantSum := numbers(func(j int) float64 { return 0 }), make([]float64, n)
	ShiftRatios(got[:n], sum[:n], 1./64)
	spec.ShiftRatios(want[:n], wantSum, 1./64)
	equal("shifted", append(want[:n:n], 7), got)
	equal("sums", append(wantSum, 7), sum)

	minus, l := numbers(func(int) float64 { return 3 }), numbers(func(int) float64 { return 4 })
	wantMinus, wantL := append([]float64{}, minus...), append([]float64{}, l...)
	MeanRatios(minus[:n], l[:n], wantSum, 0.5)
	spec.MeanRatios(wantMinus[:n], wantL[:n], wantSum, 0.5)
	equal("logarithms", wantMinus, minus)
	equal("those of the first", wantL, l)
	TakeRatios(l[:n], want[:n], wantSum)
	spec.TakeRatios(wantL[:n], want[:n], wantSum)
	equal("those of others", wantL, l)
}

// TestCloseRatios: ratios of predictions that agree, of rows of every length, are those of the
// specification, of differences of 1e-12 too, beside a class where they differ by more; rows that
// are apart are found, wherever they are, and left as they are.
func TestCloseRatios(t *testing.T) { both(t, closeRatios[float32], closeRatios[float64]) }

func closeRatios[T Float](t *testing.T) {
	for _, k := range lengths() {
		closeRatiosOf[T](t, 3, k)
	}
}

func closeRatiosOf[T Float](t *testing.T, n, k int) {
	b := newBlock[T](n, k, ordinary)
	z, q, p := make([]T, n*k), make([]float64, n*k), make([]float64, n*k)
	for j, x := range b.z {
		z[j] = x + T([]float64{0, 1e-12, -1e-12}[j%3])
		if j%k == 0 {
			z[j] += 0.0625
		}
		z[j] += 1000
	}
	Widen(q, b.z)
	Widen(p, z)
	Softmax(q, q, k)
	Softmax(p, p, k)
	const f = 0.25
	w, mean := append(make([]float64, n*k), 7), append(slices.Repeat([]float64{1}, n*k), 7)
	wantW := make([]float64, n*k)
	apart := make([]bool, n+1)
	CloseRatios(apart[:n], w[:n*k], mean[:n*k], z, b.z, q, f, k)
	require.Equal(t, make([]bool, n+1), apart, "K=%d", k)
	spec.CloseRatios(apart[:n], wantW, make([]float64, n*k), z, b.z, q, f, k)
	for j, x := range wantW {
		require.InDelta(t, x, w[j], 0x1p-46*math.Abs(x)+0x1p-53*math.Abs(w[0]), "K=%d: element %d", k, j)
		require.InDelta(t, 1+f*w[j], mean[j], 0x1p-52, "K=%d: element %d", k, j)
		require.InDelta(t, p[j]/q[j]-1, w[j], 0x1p-42, "K=%d: element %d", k, j)
	}
	require.Equal(t, []float64{7, 7}, []float64{w[n*k], mean[n*k]})
	for _, j := range []int{0, k / 2, n*k - 1} {
		if k == 1 {
			break
		}
		was := z[j]
		for _, z[j] = range []T{was + 0.25, was - 0.25, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))} {
			clear(apart)
			clear(w)
			CloseRatios(apart[:n], w[:n*k], mean[:n*k], z, b.z, q, f, k)
			for i := range n + 1 {
				require.Equal(t, i == j/k, apart[i], "K=%d: row %d, apart at %d", k, i, j)
			}
			require.Equal(t, make([]float64, k), w[j/k*k:(j/k+1)*k], "K=%d: at %d", k, j)
		}
		z[j] = was
	}
	apart[0] = true // which stays
	w[0] = 7
	CloseRatios(apart[:1], w[:k], mean[:k], z[:k], b.z[:k], q[:k], f, k)
	require.True(t, apart[0])
	require.Equal(t, 7.0, w[0])
}
