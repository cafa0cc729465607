package gemm

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/gemm/internal/exact"
	"softloss/internal/parallel"
)

// both runs a test of each element type.
func both(t *testing.T, f32, f64 func(t *testing.T)) {
	t.Run("f32", f32)
	t.Run("f64", f64)
}

// TestSizes has each dimension run from 0 to 70, with the others random, all transposes, gaps
// behind the rows, and every kind of α and β.
func TestSizes(t *testing.T) { both(t, sizes[float32], sizes[float64]) }

func sizes[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for size := 0; size <= 70; size++ {
		for form := range 4 {
			for turn := range 3 {
				dims := [3]int{r.IntN(71), r.IntN(71), r.IntN(71)}
				dims[turn] = size
				checkMul(t, newProblem[T](r, form, dims[0], dims[1], dims[2]))
			}
		}
	}
}

// TestCorners has the dimensions that stand for something: vectors, an outer product, a last layer,
// and sizes around the limits of tiles and blocks.
func TestCorners(t *testing.T) { both(t, corners[float32], corners[float64]) }

func corners[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	shapes := [][3]int{
		{1, 1, 1}, {1, 300, 1}, {300, 1, 1}, {1, 1, 300}, {1, 200, 300}, {200, 1, 300}, {50, 60, 1}, {128, 10, 128},
		{10, 128, 20}, {13, 33, 255}, {13, 33, 256}, {13, 33, 257}, {5, 7, 513}, {25, 129, 300}, {250, 40, 20},
		{30, 1100, 7}, {1100, 5, 3}, {20, 300, 512}, {550, 40, 260},
	}
	for i, s := range shapes {
		for form := range 4 {
			if testing.Short() && form != i%4 {
				continue
			}
			checkMul(t, newProblem[T](r, form, s[0], s[1], s[2]))
		}
	}
}

// TestProcessors wants the same bits with 1, 2, 3 and 8 processors, whether rows or columns are
// split, and where a product of that size is not worth it, too.
func TestProcessors(t *testing.T) { both(t, processors[float32], processors[float64]) }

func processors[T Float](t *testing.T) {
	defer parallel.AlwaysHelped()()
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	r := rand.New(rand.NewPCG(5, 6))
	for _, s := range [][3]int{
		{500, 10, 300}, {7, 700, 300}, {130, 150, 140}, {1, 3000, 400}, {3000, 1, 400}, {260, 260, 260}} {
		p := newProblem[T](r, r.IntN(4), s[0], s[1], s[2])
		p.alpha = 1
		runtime.GOMAXPROCS(1)
		want := p.mul()
		for _, n := range []int{1, 2, 3, 8} {
			runtime.GOMAXPROCS(n)
			for _, name := range implementations() {
				restore := forced(name)
				require.True(t, sameBits(p.mul(), want), "%v with %d processors, %s", p, n, name)
				c := p.c
				c.Data = slices.Clone(c.Data)
				inParts(n, c, p.beta, p.a, p.b)
				require.True(t, sameBits(c.Data, want), "%v in %d parts, %s", p, n, name)
				restore()
			}
		}
	}
}

// TestSpecialNumbers has NaN, infinities, zeros of both signs, and numbers that leave float32's
// range up and down, in A, B and C.
func TestSpecialNumbers(t *testing.T) { both(t, specialNumbers[float32], specialNumbers[float64]) }

func specialNumbers[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	numbers := []T{0, T(math.Copysign(0, -1)), 1, -1, 0x1p-149, 0x1p-126, -0x1p-75, 0x1p-80, 0x1p127, -0x1p100, 0.3e-38}
	for round := range 100 {
		if round == 30 {
			numbers = append(numbers, T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)))
		}
		p := newProblem[T](r, round%4, 1+r.IntN(30), 1+r.IntN(40), 1+r.IntN(20))
		for _, data := range [][]T{p.a.Data, p.b.Data, p.c.Data} {
			for range 1 + r.IntN(len(data)) {
				data[r.IntN(len(data))] = numbers[r.IntN(len(numbers))]
			}
		}
		checkMul(t, p)
	}
}

// TestBetaZero overwrites what is in C, and an α of 0 reads neither factor.
func TestBetaZero(t *testing.T) { both(t, betaZero[float32], betaZero[float64]) }

func betaZero[T Float](t *testing.T) {
	for _, name := range implementations() {
		defer forced(name)()
		nan := T(math.NaN())
		c := RowMajor(1, 2, 2, []T{nan, nan})
		Mul(c, 0, 1, RowMajor(1, 1, 1, []T{2}), RowMajor(1, 2, 2, []T{3, 4}))
		require.Equal(t, []T{6, 8}, c.Data, name)
		c.Data[0] = nan
		Mul(c, 0, 0, RowMajor(1, 1, 1, []T{nan}), RowMajor(1, 2, 2, []T{nan, 4}))
		require.Equal(t, []T{0, 0}, c.Data, name)
	}
	c := RowMajor(1, 2, 2, []T{1, 2})
	Mul(c, 3, 1, RowMajor[T](1, 0, 1, nil), RowMajor[T](0, 2, 2, nil))
	require.Equal(t, []T{3, 6}, c.Data)
}

func TestMismatch(t *testing.T) {
	m := func(rows, cols int) Matrix[float32] { return RowMajor(rows, cols, cols, make([]float32, rows*cols)) }
	require.PanicsWithValue(t, "gemm: A [2, 3] times B [4, 5] is no matrix C [2, 5]",
		func() { Mul(m(2, 5), 0, 1, m(2, 3), m(4, 5)) })
	require.Panics(t, func() { Mul(m(2, 5), 0, 1, m(2, 3), m(3, 4)) })
	require.Panics(t, func() { Mul(m(1, 5), 0, 1, m(2, 3), m(3, 5)) })
	short := m(3, 5)
	short.Data = short.Data[:14]
	require.Panics(t, func() { Mul(m(2, 5), 0, 1, m(2, 3), short) })
	require.Panics(t, func() { Mul(short, 0, 1, m(3, 3), m(3, 5)) })
	require.Panics(t, func() { Mul(m(3, 5), 0, 1, short, m(5, 5)) })
	require.Panics(t, func() { Mul(m(2, 5), 0, 1, m(2, 3), short) })
}

// FuzzMul compares products of few numbers of any bits with math/big.
func FuzzMul(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed uint64, shape uint8) {
		fuzzMul(t, seed, shape, math.Float32frombits)
		fuzzMul(t, seed, shape, func(b uint32) float64 { return math.Float64frombits(uint64(b)<<32 | uint64(b)) })
	})
}

func fuzzMul[T Float](t *testing.T, seed uint64, shape uint8, number func(uint32) T) {
	r := rand.New(rand.NewPCG(seed, 9))
	p := newProblem[T](r, int(shape%4), 1+int(shape/4%8), 1+int(shape/32), 1+r.IntN(6))
	for _, data := range [][]T{p.a.Data, p.b.Data, p.c.Data} {
		for i := range data {
			if r.IntN(3) > 0 {
				data[i] = number(r.Uint32())
			}
		}
	}
	checkMul(t, p)
}

// problem is a product with everything that goes in.
type problem[T Float] struct {
	a, b, c     Matrix[T]
	alpha, beta T
}

func (p problem[T]) String() string {
	shape := func(m Matrix[T]) string {
		return fmt.Sprintf("[%d, %d] strides %d, %d", m.Rows, m.Cols, m.RowStride, m.ColStride)
	}
	return fmt.Sprintf("A %s, B %s, C %s, α %v, β %v", shape(p.a), shape(p.b), shape(p.c), p.alpha, p.beta)
}

// newProblem returns a problem of random numbers; bit 0 of form transposes A, bit 1 B.
func newProblem[T Float](r *rand.Rand, form, m, n, k int) problem[T] {
	p := problem[T]{alpha: 1, beta: []T{0, 1, -0.3}[r.IntN(3)]}
	if r.IntN(4) == 0 {
		p.alpha = []T{0, -1, 0.7}[r.IntN(3)]
	}
	p.a, p.b, p.c = random[T](r, form&1 != 0, m, k), random[T](r, form&2 != 0, k, n), random[T](r, r.IntN(8) == 0, m, n)
	return p
}

// random returns a matrix, or the transpose of one, with gaps behind its rows now and then.
func random[T Float](r *rand.Rand, transposed bool, rows, cols int) Matrix[T] {
	if transposed {
		return random[T](r, false, cols, rows).Transposed()
	}
	stride := cols + r.IntN(2)*r.IntN(5)
	m := RowMajor(rows, cols, stride, make([]T, max(0, rows*stride-stride+cols)))
	for i := range m.Data {
		m.Data[i] = T(r.NormFloat64())
	}
	return m
}

// mul returns the memory of C after the product.
func (p problem[T]) mul() []T {
	p.c.Data = append([]T(nil), p.c.Data...)
	Mul(p.c, p.beta, p.alpha, p.a, p.b)
	return p.c.Data
}

// checkMul compares a product by every implementation, gaps between rows included, with its
// definition.
func checkMul[T Float](t *testing.T, p problem[T]) {
	t.Helper()
	want := p.defined()
	for _, name := range implementations() {
		restore := forced(name)
		got := p.mul()
		restore()
		require.True(t, sameBits(got, want), "%s: %v", name, p)
	}
}

// defined returns the memory of C after the product, from the definition.
func (p problem[T]) defined() []T {
	c := append([]T(nil), p.c.Data...)
	x, y := make([]T, p.a.Cols), make([]T, p.a.Cols)
	for i := range p.c.Rows {
		for j := range p.c.Cols {
			at := i*p.c.RowStride + j*p.c.ColStride
			if c[at] *= p.beta; p.beta == 0 {
				c[at] = 0
			}
			if p.alpha == 0 {
				continue
			}
			for l := range x {
				x[l] = p.a.Data[i*p.a.RowStride+l*p.a.ColStride]
				y[l] = p.alpha * p.b.Data[l*p.b.RowStride+j*p.b.ColStride]
			}
			c[at] = exact.Chain(x, y, c[at])
		}
	}
	return c
}

// sameBits reports whether a and b are the same; a NaN is like any other.
func sameBits[T Float](a, b []T) bool {
	if len(a) != len(b) {
		return false
	}
	for i, x := range a {
		y := b[i]
		if x != y && (x == x || y == y) || x == 0 && math.Signbit(float64(x)) != math.Signbit(float64(y)) {
			return false
		}
	}
	return true
}
