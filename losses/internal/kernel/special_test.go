package kernel

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// specialPositions are where a special value stands in a row of k classes.
func specialPositions(k int) []int {
	if k <= 9 {
		all := make([]int, k)
		for i := range all {
			all[i] = i
		}
		return all
	}
	return []int{0, 1, k / 2, k - 2, k - 1}
}

// TestNaNRows wants NaN, everywhere and for that row alone, from a NaN at any position, a
// +Inf, and from a row of nothing but -Inf; labels may be zero.
func TestNaNRows(t *testing.T) { both(t, nanRows[float32], nanRows[float64]) }

func nanRows[T Float](t *testing.T) {
	const n = 3
	values := []float64{math.NaN(), math.Copysign(math.NaN(), -1), math.Float64frombits(0x7ff8_0000_2000_0000),
		math.Inf(1), math.Inf(-1)}
	for _, k := range lengths() {
		for _, value := range values {
			at := specialPositions(k)
			if math.IsInf(value, -1) {
				at = []int{-1} // the whole row
			}
			for _, pos := range at {
				b := newBlock[T](n, k, ordinary)
				if pos%2 == 0 {
					clear(b.t[k : 2*k])
				}
				clean := map[string]*outputs[T]{}
				for _, f := range kernels[T]() {
					clean[f.name] = f.results(b)
				}
				for j := range k {
					if pos == j || pos < 0 {
						b.z[k+j] = T(value)
					}
				}
				for _, f := range kernels[T]() {
					if f.noLogits {
						continue
					}
					o, where := f.results(b), []any{"%s k=%d: %v at %d", f.name, k, value, pos}
					require.Equal(t, -1, o.bad, where...)
					require.True(t, o.rows(0, 1, k).same(clean[f.name].rows(0, 1, k)), where...)
					require.True(t, o.rows(2, 3, k).same(clean[f.name].rows(2, 3, k)), where...)
					require.True(t, allNaN(o.rows(1, 2, k), clean[f.name].rows(1, 2, k)), where...)
				}
			}
		}
	}
}

// allNaN reports whether everything is NaN that the kernel writes: what is not 0 in a clean run or
// not 0 now.
func allNaN[T Float](o, clean *outputs[T]) bool {
	ok := func(x, c float64) bool { return math.IsNaN(x) || x == 0 && c == 0 }
	for i, x := range o.out {
		if !ok(float64(x), float64(clean.out[i])) {
			return false
		}
	}
	return ok(float64(o.num[0]), float64(clean.num[0])) && ok(o.loss[0], clean.loss[0])
}

// TestMinusInfinity is log 0: a class that cannot be, with and without a label.
func TestMinusInfinity(t *testing.T) { both(t, minusInfinity[float32], minusInfinity[float64]) }

func minusInfinity[T Float](t *testing.T) {
	inf := T(math.Inf(-1))
	for _, k := range lengths()[1:] {
		for _, pos := range specialPositions(k) {
			b := newBlock[T](1, k, ordinary)
			b.z[pos], b.t[pos], b.index[0] = inf, 0, pos
			o := newOutputs[T](1, k)
			Softmax(o.out, b.z, k)
			require.Zero(t, o.out[pos])
			LogSoftmax(o.out, b.z, k)
			require.Equal(t, inf, o.out[pos])
			CrossEntropyIndex(o.loss, o.out, b.z, b.index, b.scale, k)
			require.Equal(t, math.Inf(1), o.loss[0], "k=%d at %d", k, pos)
			require.Equal(t, -b.scale[0], o.out[pos], "k=%d at %d", k, pos)
			CrossEntropyIndex(o.loss, nil, b.z, b.index, b.scale, k)
			require.Equal(t, math.Inf(1), o.loss[0], "k=%d at %d", k, pos)
			CrossEntropy(o.loss, o.out, b.z, b.t, b.scale, k)
			require.Zero(t, o.out[pos])
			require.Less(t, o.loss[0], 1e9)
			SeparableIndex(Absolute, 0, o.loss, o.out, b.z, b.index, b.scale, o.scratch, k)
			require.Equal(t, 2.0, math.Round(1e5*o.loss[0])/1e5)
			for _, g := range o.out {
				require.Zero(t, g, "MAE is flat where p_y = 0")
			}
		}
	}
}

// TestOneClass is K = 1: loss 0, p = 1, gradient 0.
func TestOneClass(t *testing.T) { both(t, oneClass[float32], oneClass[float64]) }

func oneClass[T Float](t *testing.T) {
	for _, n := range []int{1, 2, 17, 33} {
		b := newBlock[T](n, 1, ordinary)
		for i := range b.t {
			b.t[i] = 1
		}
		for _, f := range kernels[T]() {
			o := f.results(b)
			for i := range n {
				if !strings.HasSuffix(f.name, "/ael") { // which is never 0
					require.Zero(t, o.loss[i], f.name)
				}
				switch f.name {
				case "Softmax":
					require.EqualValues(t, 1, o.out[i])
				case "LogSumExp":
					require.Equal(t, b.z[i], o.num[i])
				case "LogSumExpGrad":
					require.Equal(t, b.u[i], o.out[i])
				default:
					if !f.noLogits {
						require.Zero(t, o.out[i], f.name)
					}
				}
			}
		}
	}
}

// TestAgreeWithSpecification is for what no formula of the reference covers: any mixture of special
// values. NaN and infinities of the specification are those of the assembly, everything else is
// near.
func TestAgreeWithSpecification(t *testing.T) {
	both(t, agree[float32], agree[float64])
}

func agree[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	special := []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e4, -1e4, 1e30, -1e30, 0, math.Copysign(0, -1),
		0x1p-149, 1 << 20, -(1 << 20), 5}
	for _, k := range lengths() {
		mixed := class{"mixed", func(_ *rand.Rand, z, t []float64) {
			for range r.IntN(4) {
				z[r.IntN(k)] = special[r.IntN(len(special))]
			}
			if r.IntN(4) == 0 {
				clear(t)
			}
		}}
		agreeOn(t, newBlock[T](1+r.IntN(18), k, mixed))
	}
}

// agreeOn compares every kernel with the specification. Numbers are near when they differ by no
// more than 256 ulp of one, or of themselves when larger: TestAccuracy says how near, this that
// they are of one kind.
func agreeOn[T Float](t *testing.T, b *block[T]) {
	t.Helper()
	tol := 256 * numtest.Ulp(T(1))
	_, narrow := any(T(0)).(float32)
	near := func(f kern[T], what string, i int, got, want float64) {
		if got == want || numtest.Close(got, want, tol, tol) {
			return
		}
		if narrow && math.Abs(want) > math.MaxFloat32 && math.Abs(got) >= math.MaxFloat32 && got*want > 0 {
			return // a loss that the element type cannot hold
		}
		t.Fatalf("%s n=%d k=%d: %s %d is %v, the specification's %v", f.name, b.n, b.k, what, i, got, want)
	}
	for _, f := range kernels[T]() {
		if strings.HasPrefix(f.name, "Separable") {
			continue // has none
		}
		got := f.results(b)
		restore := forced("specification")
		want := f.results(b)
		restore()
		if got.bad != want.bad {
			t.Fatalf("%s n=%d k=%d: row %d is bad, the specification's %d", f.name, b.n, b.k, got.bad, want.bad)
		}
		valid := b.n
		if want.bad >= 0 {
			valid = want.bad
		}
		for i := range valid {
			near(f, "loss", i, got.loss[i], want.loss[i])
			near(f, "number", i, float64(got.num[i]), float64(want.num[i]))
		}
		for i := range valid * b.k {
			near(f, "element", i, float64(got.out[i]), float64(want.out[i]))
		}
	}
}
