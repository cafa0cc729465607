package kernel

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestSigmoidSpecial wants of every kernel what the specification gives for logits that are no
// numbers, infinite or large, at every position of a vector and in the tail.
func TestSigmoidSpecial(t *testing.T) { both(t, sigmoidSpecial[float32], sigmoidSpecial[float64]) }

func sigmoidSpecial[T Float](t *testing.T) {
	inf := math.Inf(1)
	for name, run := range sigmoids[T]() {
		for _, value := range []float64{math.NaN(), math.Copysign(math.NaN(), -1), inf, -inf, 1e30, -1e30, 1e-40, 0,
			math.Copysign(0, -1)} {
			for _, n := range []int{1, 3, 37} {
				for pos := 0; pos < n; pos += 1 + n/20 {
					z, yes, no, scale := elements[T](n, "soft")
					z[pos], yes[pos], no[pos] = T(value), T([]float64{0, 1, .25}[pos%3]), T([]float64{1, 0, .75}[pos%3])
					loss, grad := make([]float64, n), make([]T, n)
					run(loss, grad, z, yes, no, scale)
					restore := forced("specification")
					want, wantGrad := make([]float64, n), make([]T, n)
					run(want, wantGrad, z, yes, no, scale)
					restore()
					for i := range n {
						where := fmt.Sprintf("%s: n=%d z=%v labels %v, %v", name, n, z[i], yes[i], no[i])
						require.True(t, numtest.Close(float64(T(loss[i])), float64(T(want[i])), 2e-6, 1e-37),
							"%s: loss %v, want %v", where, loss[i], want[i])
						require.True(t, numtest.Close(float64(grad[i]), float64(wantGrad[i]), 2e-6, 1e-6),
							"%s: gradient %v, want %v", where, grad[i], wantGrad[i])
					}
					require.Equal(t, math.IsNaN(value) || value == inf, math.IsNaN(loss[pos]), name)
				}
			}
		}
	}
}

// TestSigmoidEveryLength: an element's result does not depend on where it stands, whether a
// gradient is wanted, or on the length; nothing is written behind the results.
func TestSigmoidEveryLength(t *testing.T) {
	both(t, sigmoidEveryLength[float32], sigmoidEveryLength[float64])
}

func sigmoidEveryLength[T Float](t *testing.T) {
	const most = 130
	z, yes, no, scale := elements[T](most, "soft")
	for name, run := range sigmoids[T]() {
		want, wantGrad := make([]float64, most), make([]T, most)
		run(want, wantGrad, z, yes, no, scale)
		for n := range most + 1 {
			lo := (most - n) / 2
			hi := lo + n
			loss, grad := make([]float64, n+1), make([]T, n+1)
			loss[n], grad[n] = 7, 7
			run(loss[:n], grad[:n], z[lo:hi], yes[lo:hi], no[lo:hi], scale[lo:hi])
			require.True(t, sameBits(append(want[lo:hi:hi], 7), loss), "%s n=%d", name, n)
			require.True(t, sameBits(append(wantGrad[lo:hi:hi], 7), grad), "%s n=%d", name, n)
			run(loss[:n], nil, z[lo:hi], yes[lo:hi], no[lo:hi], scale[lo:hi])
			require.True(t, sameBits(append(want[lo:hi:hi], 7), loss), "%s n=%d without gradient", name, n)
		}
	}
}

// TestSigmoidOneFactor: one factor for all is each one's own, and nothing is allocated.
func TestSigmoidOneFactor(t *testing.T) {
	both(t, sigmoidOneFactor[float32], sigmoidOneFactor[float64])
}

func sigmoidOneFactor[T Float](t *testing.T) {
	const n = 50
	z, yes, no, scale := elements[T](n, "soft")
	for i := range scale {
		scale[i] = 0.5
	}
	for name, run := range sigmoids[T]() {
		loss, one, each := make([]float64, n), make([]T, n), make([]T, n)
		run(loss, one, z, yes, no, scale[:1])
		run(loss, each, z, yes, no, scale)
		require.True(t, sameBits(one, each), name)
		if !raceDetector {
			require.Zero(t, testing.AllocsPerRun(10, func() { run(loss, one, z, yes, no, scale) }), name)
		}
	}
}

// TestSigmoidShares: without labels of no they are 1 - yes, and whether all labels are shares.
func TestSigmoidShares(t *testing.T) { both(t, sigmoidShares[float32], sigmoidShares[float64]) }

func sigmoidShares[T Float](t *testing.T) {
	invalid := []T{-0.5, 1.5, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1))}
	for name, run := range sigmoids[T]() {
		for n := 1; n < 70; n += 1 + n/12 {
			z, yes, no, scale := elements[T](n, "hard")
			for i := range yes { // 1 - yes is exact
				yes[i] = T(i%9) / 8
				no[i] = 1 - yes[i]
			}
			want, wantGrad, loss, grad := make([]float64, n), make([]T, n), make([]float64, n), make([]T, n)
			require.True(t, run(want, wantGrad, z, yes, no, scale), name)
			require.True(t, run(loss, grad, z, yes, nil, scale), name)
			require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "%s n=%d", name, n)
			was := yes[n/2]
			yes[n/2] = T(math.Copysign(0, -1))
			require.True(t, run(loss, grad, z, yes, nil, scale), "%s: a label -0", name)
			yes[n/2] = was
			for i := range scale { // one factor for all, which a loop of its own may take
				scale[i] = 0.3
			}
			run(want, wantGrad, z, yes, nil, scale)
			run(loss, grad, z, yes, nil, scale[:1])
			require.True(t, sameBits(want, loss) && sameBits(wantGrad, grad), "%s n=%d, one factor", name, n)
			for pos := 0; pos < n; pos += 1 + n/9 {
				was := yes[pos]
				yes[pos] = invalid[pos%len(invalid)]
				require.False(t, run(loss, grad, z, yes, nil, scale), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				require.False(t, run(loss, nil, z, yes, nil, scale), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				require.False(t, run(loss, grad, z, yes, nil, scale[:1]), "%s n=%d: %v at %d", name, n, yes[pos], pos)
				yes[pos] = was
			}
		}
	}
}
