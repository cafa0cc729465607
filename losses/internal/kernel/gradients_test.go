package kernel

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGradientPieces holds them to plain loops at every length, without touching what is behind.
func TestGradientPieces(t *testing.T) { both(t, gradientPieces[float32], gradientPieces[float64]) }

func gradientPieces[T Float](t *testing.T) {
	eps := float64(numtest.Ulp(T(1)))
	for _, k := range lengths() {
		b := newBlock[T](1, k, ordinary)
		h := make([]T, k)
		for j := range h {
			h[j] = T(3 - 7*float64(j%11)/11)
		}
		var mass, plain, weighted float64
		for j, v := range b.t {
			mass += float64(v)
			d := float64(h[j]) - 0.25
			plain += d
			weighted += float64(v) * d
		}
		gotPlain, gotWeighted := Moments(b.t, h, 0.25)
		require.InDelta(t, plain, gotPlain, 1e-12*5*float64(k))
		require.InDelta(t, weighted, gotWeighted, 1e-12*5*mass)
		require.InDelta(t, weighted, Expectation(b.t, h, 0.25), 4*eps*5*mass)
		buf := append(append([]T{}, b.u...), 7)
		p := buf[:k]
		Tilt(p, b.t, h, -0.5, 2, 0.5, 3)
		for j, v := range b.u {
			require.InDelta(t, float64(v)*(2+0.5*(float64(h[j])+0.5))-3*float64(b.t[j]), float64(p[j]), 16*eps, "k=%d", k)
		}
		copy(p, b.u)
		Affine(p, b.t, 2, 0.5, 3)
		for j, v := range b.u {
			require.InDelta(t, 2*float64(v)+0.5-3*float64(b.t[j]), float64(p[j]), 16*eps, "k=%d", k)
		}
		require.Equal(t, T(7), buf[k])
	}
	plain, weighted := Moments[T](nil, nil, 1)
	require.Zero(t, plain+weighted)
}

// TestTiltCancels: a + b (h - from) has digits where it is almost 0, for an h next to that of it.
func TestTiltCancels(t *testing.T) { both(t, tiltCancels[float32], tiltCancels[float64]) }

func tiltCancels[T Float](t *testing.T) {
	const k, b = 70, 3.0
	for _, zero := range []float64{1.1, 5.3, 700.7, -2.9} {
		p, none, h := make([]T, k), make([]T, k), make([]T, k)
		for j := range p {
			p[j], h[j] = 1, T(zero*(1+float64(j-k/2)*float64(numtest.Ulp(T(1)))))
		}
		a := -b * (zero + 0.25)
		Tilt(p, none, h, -0.25, a, b, 0)
		for j, x := range h {
			want := a + b*(float64(x)+0.25)
			require.InDelta(t, want, float64(p[j]), 4*float64(numtest.Ulp(T(1)))*math.Abs(want)+1e-15*math.Abs(a),
				"%v: %d", zero, j)
		}
	}
}

// TestAffineCancels: b - c t has digits where it is almost 0.
func TestAffineCancels(t *testing.T) { both(t, affineCancels[float32], affineCancels[float64]) }

func affineCancels[T Float](t *testing.T) {
	const k = 70
	for _, b := range []float64{1.1, 5.3, 700.7, -2.9} {
		p, labels, c, eps := make([]T, k), make([]T, k), b/0.7, numtest.Ulp(T(1))
		for j := range p {
			labels[j] = T(0.7 * (1 + float64(j-k/2)*eps))
		}
		Affine(p, labels, 2, b, c)
		for j, x := range labels {
			want := b - c*float64(x)
			require.InDelta(t, want, float64(p[j]), 4*eps*math.Abs(want)+1e-13*math.Abs(b), "%v: %d", b, j)
		}
	}
}

// TestAdd: sums of rows at every length, and whether all are finite, wherever one is not and where
// only their sum is not.
func TestAdd(t *testing.T) { both(t, addRows[float32], addRows[float64]) }

func addRows[T Float](t *testing.T) {
	large := math.MaxFloat32 / 3
	if elementSize[T]() == 8 {
		large = math.MaxFloat64 / 3
	}
	for _, k := range lengths() {
		b := newBlock[T](1, k, ordinary)
		dst := append(append([]T{}, b.u...), 7)
		require.True(t, Add(dst[:k], b.t))
		for j, v := range b.u {
			require.Equal(t, v+b.t[j], dst[j], "k=%d", k)
		}
		require.Equal(t, T(7), dst[k])
		for j := range k {
			dst[j] = T(large)
		}
		require.True(t, Add(dst[:k], make([]T, k)), "k=%d: only the sum is infinite", k)
		for _, wrong := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			dst[k/2] = T(wrong)
			require.False(t, Add(dst[:k], make([]T, k)), "k=%d: %v", k, wrong)
		}
	}
}

// TestMinusLogs: the logarithms of labels to two ulp, bounded, at every length.
func TestMinusLogs(t *testing.T) { both(t, minusLogs[float32], minusLogs[float64]) }

func minusLogs[T Float](t *testing.T) {
	for _, most := range []float64{0.5, 4, 6, 87.3, 700, 708.3, 720, 1e30} {
		for _, k := range lengths() {
			labels, dst := newBlock[T](1, k, ordinary).t, make([]T, k+1)
			for j := range labels {
				switch j % 9 {
				case 1:
					labels[j] = 0
				case 3:
					labels[j] = 1
				case 5:
					labels[j] = T(4 * Tiny[T]() * float64(labels[j]))
				case 7:
					labels[j] *= 1e-20
				}
			}
			dst[k] = 7
			MinusLogs(dst[:k], labels, most)
			for j, v := range labels {
				want := T(most)
				if v > 0 {
					want = T(min(most, -numtest.Num(float64(v)).Log().Hi))
				}
				require.LessOrEqual(t, numtest.Ulps(want, dst[j]), uint64(2), "-log %v, at most %v: %v, want %v", v, most,
					dst[j], want)
			}
			require.Equal(t, T(7), dst[k])
		}
	}
}

// TestRests: 1 - p at every length, and whether a p is above 1/2, wherever it stands.
func TestRests(t *testing.T) {
	eachImplementation(t, func(t *testing.T) {
		for _, k := range lengths() {
			p, rest := newBlock[float64](1, k, ordinary).t, append(make([]float64, k), 7)
			for j := range p {
				p[j] = min(p[j], 0.5)
			}
			require.False(t, Rests(rest[:k], p), "k=%d", k)
			for j, x := range p {
				require.Equal(t, 1-x, rest[j], "k=%d", k)
			}
			for _, j := range []int{0, k / 2, k - 1} {
				was := p[j]
				p[j] = 0.75
				require.True(t, Rests(rest[:k], p), "k=%d: at %d", k, j)
				p[j] = was
			}
			require.Equal(t, 7.0, rest[k])
		}
	})
}
