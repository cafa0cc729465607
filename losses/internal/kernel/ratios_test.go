package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/spec"
)

// TestRatios: what is computed of predictions that nearly agree is that of the specification, to 4
// ulp, at every length, without touching what is behind.
func TestRatios(t *testing.T) {
	for _, name := range implementations() {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			for _, n := range lengths() {
				ratiosOf(t, n)
			}
		})
	}
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
