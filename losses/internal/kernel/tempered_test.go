package kernel

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// newTempered returns room for k classes, with a guard behind.
func newTempered(k int) (r Tempered) {
	for _, x := range []*[]float64{&r.Log, &r.P, &r.Pow, &r.Inverse} {
		*x = append(make([]float64, k), 7)[:k]
	}
	return r
}

// TestTemperedPowers: logarithms are within 2 ulp where the arguments are those of a tempered
// softmax, near 1, at the borders of the table, large and infinite, and powers and sums are those
// of them.
func TestTemperedPowers(t *testing.T) { eachImplementation(t, temperedPowers) }

func temperedPowers(t *testing.T) {
	special := []float64{0, 0x1p-1074, 1e-300, 1. / 64, math.Nextafter(1./64, 0), 1, math.Nextafter(1, 0), 0x1p52, 1e300,
		math.MaxFloat64, math.Inf(1), math.NaN()}
	var u []float64
	r := rand.New(rand.NewPCG(92, 2))
	for range 5000 {
		u = append(u, math.Exp(r.NormFloat64()*3), math.Exp(-50*r.Float64()), float64(r.IntN(2000))/128)
	}
	for _, u := range [][]float64{special, special[:11], special[:8], u, u[:1], u[:13]} {
		d, want := make([]float64, len(u)), [3]float64{}
		for j, x := range u {
			d[j] = -x
		}
		x := newTempered(len(u))
		s0, s1, s2 := TemperedPowers(x, d, 1, 0, 0.3)
		for j, v := range u {
			l, p, inverse := math.Log1p(v), 1/(1+v), 1/(1+v)
			require.True(t, numtest.Close(-x.Log[j], l, 0x1p-51, 0), "log1p(%v) = %v, want %v", v, -x.Log[j], l)
			require.True(t, numtest.Close(x.Inverse[j], inverse, 0, 0), "1/(1+%v) = %v", v, x.Inverse[j])
			require.True(t, numtest.Close(x.P[j], p, 1e-13, 0x1p-1074), "power %v of %v", x.P[j], v)
			require.True(t, numtest.Close(x.Pow[j], math.Exp(-.3*l), 1e-13, 0x1p-1074), "power %v of %v", x.Pow[j], v)
			want[0], want[1], want[2] = want[0]+p, want[1]+p*inverse, want[2]+p*inverse*inverse
		}
		for i, s := range []float64{s0, s1, s2} {
			require.True(t, numtest.Close(s, want[i], 1e-11, 0), "sum %d: %v, want %v", i, s, want[i])
		}
		s0, s1, s2 = TemperedSums(d, 1, 0)
		for i, s := range []float64{s0, s1, s2} {
			require.True(t, numtest.Close(s, want[i], 1e-11, 0), "sum %d alone: %v, want %v", i, s, want[i])
		}
		for _, x := range [][]float64{x.Log, x.P, x.Pow, x.Inverse} {
			require.EqualValues(t, 7, x[:len(x)+1][len(x)])
		}
	}
	x := newTempered(3)
	TemperedPowers(x, []float64{0, -1, -6}, 0.25, 2, 0)
	for j, v := range []float64{1.5, 1.75, 3} {
		require.InEpsilon(t, -4*math.Log(v), x.Log[j], 1e-15)
		require.InEpsilon(t, 1/v, x.Inverse[j], 1e-15)
		require.EqualValues(t, 1, x.Pow[j])
	}
}

// TestTemperedWhole: products are the powers of whole exponents, for every length, where logits are
// -Inf and where powers are so small that they are 0.
func TestTemperedWhole(t *testing.T) { eachImplementation(t, temperedWhole) }

func temperedWhole(t *testing.T) {
	r := rand.New(rand.NewPCG(92, 3))
	for n := 1; n < 16; n++ {
		for k := 1; k <= 67; k++ {
			d, c := make([]float64, k), 1/float64(n)
			for j := range d {
				d[j] = -math.Exp(20*r.Float64() - 10)
			}
			if k > 3 {
				d[2], d[k-1] = math.Inf(-1), -1e30
			}
			got, want := newTempered(k), newTempered(k)
			s0, s1, s2 := TemperedWhole(got, d, c, 1.5, n)
			w0, w1, w2 := spec.TemperedPowers(want, d, c, 1.5, 0.3)
			for j := range d {
				require.True(t, numtest.Close(got.P[j], want.P[j], 1e-13, 0x1p-1020), "n=%d p %v, want %v", n, got.P[j], want.P[j])
				require.True(t, numtest.Close(got.Inverse[j], want.Inverse[j], 1e-15, 0), "n=%d 1/x", n)
				require.Zero(t, got.Log[j])
			}
			for i, s := range []float64{s0, s1, s2} {
				want := []float64{w0, w1, w2}[i]
				require.True(t, numtest.Close(s, want, 1e-13, 0), "n=%d k=%d sum %d: %v, want %v", n, k, i, s, want)
			}
			require.EqualValues(t, []float64{7, 7}, []float64{got.P[:k+1][k], got.Inverse[:k+1][k]})
		}
	}
}

// TestTemperedPieces holds what is made of a tempered softmax to the specification, for every
// length.
func TestTemperedPieces(t *testing.T) { both(t, temperedPieces[float32], temperedPieces[float64]) }

func temperedPieces[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(93, 2))
	eps := 0x1p-45
	if elementSize[T]() == 4 {
		eps = 0x1p-23
	}
	for k := 1; k <= 67; k++ {
		d, labels := make([]float64, k), make([]T, k)
		for j := range d {
			d[j], labels[j] = -math.Abs(5*r.NormFloat64()), T(r.Float64()*float64(r.IntN(2)))
		}
		if k > 3 {
			d[2] = math.Inf(-1)
		}
		got, want := newTempered(k), newTempered(k)
		s0, s1, s2 := TemperedPowers(got, d, 0.2, 1.5, 0.3)
		w0, w1, w2 := spec.TemperedPowers(want, d, 0.2, 1.5, 0.3)
		same := func(what string, got, want, rtol, atol float64) {
			t.Helper()
			require.True(t, numtest.Close(got, want, rtol, atol), "%s of %d: %v, want %v", what, k, got, want)
		}
		TemperedShift(got, 0.2, 1e-5, 0.3)
		spec.TemperedPowers(want, d, 0.2, 1.5+1e-5, 0.3)
		for j := range d {
			same("log", got.Log[j], want.Log[j], 1e-14, 0)
			same("p", got.P[j], want.P[j], 1e-13, 0)
			same("pow", got.Pow[j], want.Pow[j], 1e-13, 0)
			same("1/x", got.Inverse[j], want.Inverse[j], 1e-14, 0)
		}
		same("s0", s0, w0, 1e-13, 0)
		same("s1", s1, w1, 1e-13, 0)
		same("s2", s2, w2, 1e-13, 0)
		v, e, o := TemperedMoments(labels, got)
		wv, we, wo := spec.TemperedMoments(labels, want)
		same("v", v, wv, 1e-13, 1e-13)
		same("e", e, we, 1e-13, 0)
		same("o", o, wo, 1e-13, 0)
		byLabel, wantByLabel := append(make([]T, k), 7), make([]T, k)
		sum, mass, bad := TemperedLoss(byLabel[:k], labels, got, 0.3)
		wantSum, wantMass, _ := spec.TemperedLoss(wantByLabel, labels, want, 0.3)
		for j, x := range wantByLabel {
			same("gradient by the label", float64(byLabel[j]), float64(x), eps, eps)
		}
		require.EqualValues(t, 7, byLabel[k])
		require.Equal(t, -1, bad)
		same("loss", sum, wantSum, 1e-13, 1e-13)
		same("mass", mass, wantMass, 1e-13, 0)
		sum, mass, ok := TemperedApart(labels, got, 0.3)
		require.Equal(t, hasTemperedApart[T](t) && k > few, ok)
		if ok {
			same("loss apart", sum, wantSum, 1e-13, 1e-13)
			same("mass apart", mass, wantMass, 1e-13, 0)
		}
		g, h := append(make([]T, k), 7), append(make([]T, k), 7)
		TemperedGrad(g[:k], labels, got, 0.4, 1.5)
		spec.TemperedGrad(h[:k], labels, want, 0.4, 1.5)
		for j := range g {
			same("gradient", float64(g[j]), float64(h[j]), eps, eps)
		}
		for _, x := range []T{-1, T(math.Inf(1)), T(math.NaN())} {
			labels[k-1] = x
			_, _, bad := TemperedLoss(nil, labels, got, 0.3)
			require.Equal(t, k-1, bad)
			_, _, ok = TemperedApart(labels, got, 0.3)
			require.False(t, ok, "%v", x)
		}
		one := newTempered(k)
		one.Pow = one.Inverse
		TemperedPowers(one, d, 0.2, 1.5, 0.2)
		TemperedShift(one, 0.2, 1e-5, 0.2)
		spec.TemperedPowers(want, d, 0.2, 1.5+1e-5, 0.2)
		for j := range d {
			same("p of one", one.P[j], want.P[j], 1e-13, 0)
			same("power of one", one.Pow[j], want.Pow[j], 1e-13, 0)
		}
	}
}

// TestTemperedApart holds the labels' powers to the specification, also of labels that are tiny or
// huge.
func TestTemperedApart(t *testing.T) { both(t, temperedApart[float32], temperedApart[float64]) }

// hasTemperedApart reports whether the implementation of a test has a kernel for it.
func hasTemperedApart[T Float](t *testing.T) bool {
	return elementSize[T]() == 4 && (strings.Contains(t.Name(), "/avx2/") || strings.Contains(t.Name(), "/avx512/"))
}

func temperedApart[T Float](t *testing.T) {
	vectors := hasTemperedApart[T](t)
	r := rand.New(rand.NewPCG(5, 8))
	for k := few + 1; k <= few+67; k++ {
		for _, e := range []float64{0.0625, 1. / 15, 0.1, 0.125, 0.2, 0.3, 1. / 3, 0.5, 1} {
			d, labels := make([]float64, k), make([]T, k)
			for j := range d {
				d[j] = -math.Abs(5 * r.NormFloat64())
				labels[j] = T(math.Exp(80*(2*r.Float64()-1)*float64(r.IntN(2))) * float64(r.IntN(4)))
			}
			p := newTempered(k)
			spec.TemperedPowers(p, d, 0.2, 1.5, e)
			want, wantMass, _ := spec.TemperedLoss(nil, labels, p, e)
			sum, mass, ok := TemperedApart(labels, p, e)
			require.Equal(t, vectors, ok)
			if !ok {
				continue
			}
			require.InEpsilon(t, want, sum, 1e-12, "k=%d e=%v", k, e)
			require.InEpsilon(t, wantMass, mass, 1e-12, "k=%d e=%v", k, e)
			for _, x := range []T{-1, T(math.Copysign(0, -1)), T(math.Inf(1)), T(math.NaN())} {
				labels[k-1-k%3] = x
				_, _, ok = TemperedApart(labels, p, e)
				require.False(t, ok, "%v", x)
			}
		}
	}
}

// TestPowerDifference: it loses nothing where both powers are near 1, nor where both are small.
func TestPowerDifference(t *testing.T) {
	for _, x := range [][2]float64{{-1e-9, -3e-9}, {-0.4, -0.4000001}, {-20, -20.0001}, {0, -50}} {
		want := numtest.Num(x[0]).Exp().Sub(numtest.Num(x[1]).Exp()).Hi
		got := PowerDifference(x[0], math.Exp(x[0]), x[1], math.Exp(x[1]))
		require.InEpsilon(t, want, got, 1e-8, "%v", x)
	}
	require.InEpsilon(t, 2e-9, PowerDifference(-1e-9, math.Exp(-1e-9), -3e-9, math.Exp(-3e-9)), 1e-8)
}
