//go:build !purego

package vec

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// ulps returns how far got is from want, in units in the last place of T and no less than floor.
func ulps[T spec.Float](got float64, want numtest.DD, floor float64) float64 {
	unit := numtest.Ulp(T(want.Hi))
	return math.Abs((got-want.Hi)-want.Lo) / max(unit, floor)
}

// expOf stores exp(src) in dst, for src <= 0.
func expOf[T spec.Float](u unit[T], dst, src []T) {
	lowest := lowest32
	if spec.Size[T]() == 8 {
		lowest = lowest64
	}
	u.exps(&dst[0], &src[0], len(src), T(lowest), 0, 0)
}

// expUlps wants exp(src) within 2 ulp and returns the largest deviation.
func expUlps[T spec.Float](t *testing.T, u unit[T], src []T, want func(x float64) numtest.DD) (worst float64) {
	t.Helper()
	dst := make([]T, len(src))
	expOf(u, dst, src)
	for i, x := range src {
		d := ulps[T](float64(dst[i]), want(float64(x)), 0)
		if worst = max(worst, d); !(d <= 2) {
			t.Fatalf("exp(%v) = %v, want %v: %.2f ulp", x, dst[i], want(float64(x)).Hi, d)
		}
	}
	return worst
}

func TestExp(t *testing.T) {
	points := 2_000_000
	if testing.Short() {
		points = 200_000
	}
	onUnits(t, func(t *testing.T, u unit[float32]) {
		// From -0 to below the last denormal result, evenly in the argument and in its bits.
		var src []float32
		for i := range points / 2 {
			src = append(src, float32(-110*float64(i)/float64(points/2)))
		}
		top := math.Float32bits(-110)
		for b := math.Float32bits(float32(math.Copysign(0, -1))); b < top; b += (top - 1<<31) / uint32(points/2) {
			src = append(src, math.Float32frombits(b))
		}
		t.Logf("%.3f ulp", expUlps(t, u, src, func(x float64) numtest.DD { return numtest.Num(math.Exp(x)) }))
	}, func(t *testing.T, u unit[float64]) {
		r := rand.New(rand.NewPCG(4, 4))
		var src []float64
		for i := range points / 20 {
			switch i % 4 {
			case 0:
				src = append(src, -750*r.Float64())
			case 1:
				src = append(src, -r.Float64())
			case 2:
				src = append(src, -math.Exp(-30*r.Float64()))
			default:
				src = append(src, -700-50*r.Float64())
			}
		}
		for n := range 1076 { // where the rounding to a power of two changes
			x := -(float64(n) + 0.5) * math.Ln2
			src = append(src, x, math.Nextafter(x, 0), math.Nextafter(x, -1e9))
		}
		t.Logf("%.3f ulp", expUlps(t, u, src, func(x float64) numtest.DD { return numtest.Num(x).Exp() }))
	})
}

// TestExpLimits are the results that must be exact, at every position of a vector and in the tail.
func TestExpLimits(t *testing.T) { onUnits(t, expLimits[float32], expLimits[float64]) }

func expLimits[T spec.Float](t *testing.T, u unit[T]) {
	nan, inf := math.NaN(), math.Inf(-1)
	payload := T(math.Float64frombits(0x7ff8_0000_6000_0000))
	src := []T{0, T(math.Copysign(0, -1)), T(inf), T(nan), -payload, payload, -1e30, -T(numtest.Ulp(T(0)))}
	want := []float64{1, 1, 0, nan, nan, nan, 0, 1}
	for pos := range 40 {
		for n := pos + 1; n < 41; n += 13 {
			for i, x := range src {
				in, out := make([]T, n), make([]T, n)
				in[pos] = x
				expOf(u, out, in)
				require.True(t, numtest.Close(float64(out[pos]), want[i], 0, 0), "exp(%v) = %v at %d of %d", x,
					out[pos], pos, n)
			}
		}
	}
}

// TestExpsShift wants exp(z) 2^-shift from exps, for maxima in the whole range, and from sumExp the
// same sum.
func TestExpsShift(t *testing.T) { onUnits(t, expsShift[float32], expsShift[float64]) }

func expsShift[T spec.Float](t *testing.T, u unit[T]) {
	r := rand.New(rand.NewPCG(8, 8))
	lowest, span := lowest32, 120.0
	if spec.Size[T]() == 8 {
		lowest, span = lowest64, 760
	}
	worst, worstTop, worstSum := 0.0, 0.0, 0.0
	for _, size := range []float64{0, 1e-30, 0.3, 1, 30, 88, 1000, 1e5, 1<<20 - 1} {
		for trial := range 12 {
			n := 1 + (trial*29)%67
			z, e := make([]T, n), make([]T, n)
			for i := range z {
				z[i] = T(size*(2*r.Float64()-1) - span*r.Float64()*float64(min(i, 1)))
			}
			top, a := spec.Argmax(z)
			m, shift, em := u.maxExp(&z[0], n)
			pos := u.find(&z[0], n, m)
			require.Equal(t, top, m)
			require.Equal(t, a, pos, "position of the maximum")
			require.True(t, em >= 0.707 && em <= 1.4143, "em = %v", em)
			// exp(z - shift ln 2), the difference in double-double.
			scaled := func(x T) numtest.DD {
				return numtest.Num(float64(x)).Sub(numtest.DD{Hi: math.Ln2,
					Lo: 0x1.abc9e3b39803fp-56}.Mul(numtest.Num(float64(shift)))).Exp()
			}
			worstTop = max(worstTop, ulps[T](float64(em), scaled(m), 0))
			sum := u.exps(&e[0], &z[0], n, m+T(lowest), shift, 64)
			var exact numtest.DD
			for i, x := range z {
				want := scaled(x)
				exact = exact.Add(want)
				d := ulps[T](float64(e[i]), want, 0)
				worst = max(worst, d)
				require.LessOrEqual(t, d, 2.0, "exp(%v) 2^%v = %v, want %v", x, -shift, e[i], want.Hi)
			}
			worstSum = max(worstSum, ulps[T](sum, exact, numtest.Ulp(T(0))*float64(n)/8))
			require.Equal(t, sum, u.sumExp(&z[0], n, n, m+T(lowest), shift, 64), "sumExp")
		}
	}
	t.Logf("exps %.2f, em %.2f, sum %.2f ulp", worst, worstTop, worstSum)
	require.LessOrEqual(t, worstTop, 2.0, "em")
	require.LessOrEqual(t, worstSum, 4.0, "sum")
}

// TestArgmaxPassesOverNaN wants the first of equal maxima, and what begin relies on for rows
// without a number.
func TestArgmaxPassesOverNaN(t *testing.T) {
	onUnits(t, argmaxes[float32], argmaxes[float64])
}

func argmaxes[T spec.Float](t *testing.T, u unit[T]) {
	nan := T(math.NaN())
	for n := 1; n <= 70; n++ {
		for a := range n {
			z := make([]T, n)
			for i := range z {
				z[i] = []T{-5, nan, T(math.Inf(-1))}[(i+n)%3]
			}
			z[a] = 7
			for b := a; b < n; b += 1 + b%7 { // a second one behind
				z[b] = 7
				m, _, _ := u.maxExp(&z[0], n)
				pos := u.find(&z[0], n, m)
				require.Equal(t, T(7), m)
				require.Equal(t, a, pos, "of %d, the second at %d", n, b)
			}
		}
		z := make([]T, n)
		for i := range z {
			z[i] = nan
		}
		m, _, _ := u.maxExp(&z[0], n)
		pos := u.find(&z[0], n, m)
		require.True(t, math.IsInf(float64(m), -1))
		require.Equal(t, n, pos)
	}
}
