package blas

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/gonum"

	"softloss/internal/numtest"
)

var transposes = []blas.Transpose{blas.NoTrans, blas.Trans, blas.ConjTrans}

// TestGemm compares products with gonum's: every transpose, leading dimensions with gaps, every
// kind of α and β.
func TestGemm(t *testing.T) {
	ours, gonums := Implementation{}, gonum.Implementation{}
	for _, s := range [][3]int{{1, 1, 1}, {4, 5, 6}, {33, 10, 70}, {1, 40, 9}, {40, 1, 9}, {5, 6, 0}, {0, 3, 2},
		{3, 0, 2}} {
		m, n, k := s[0], s[1], s[2]
		for _, tA := range transposes {
			for _, tB := range transposes {
				for _, f := range [][2]float64{{1, 0}, {1, 1}, {0.5, -2}, {0, 3}, {0, 0}} {
					lda, ldb, ldc := pick(tA, k, m)+3, pick(tB, n, k)+2, n+1
					a, b := random[float64](pick(tA, m, k)*lda), random[float64](pick(tB, k, n)*ldb)
					c := random[float64](m * ldc)
					want := append([]float64(nil), c...)
					name := fmt.Sprintf("%v %c %c α, β = %v", s, tA, tB, f)
					a32, b32, c32, want32 := narrow(a), narrow(b), narrow(c), narrow(c)

					ours.Dgemm(tA, tB, m, n, k, f[0], a, lda, b, ldb, f[1], c, ldc)
					gonums.Dgemm(tA, tB, m, n, k, f[0], a, lda, b, ldb, f[1], want, ldc)
					requireClose(t, want, c, 1e-14, name)
					ours.Sgemm(tA, tB, m, n, k, float32(f[0]), a32, lda, b32, ldb, float32(f[1]), c32, ldc)
					gonums.Sgemm(tA, tB, m, n, k, float32(f[0]), a32, lda, b32, ldb, float32(f[1]), want32, ldc)
					requireClose(t, want32, c32, 1e-5, name)
				}
			}
		}
	}
}

// TestGemv compares products with vectors with gonum's: increments of both signs.
func TestGemv(t *testing.T) {
	ours, gonums := Implementation{}, gonum.Implementation{}
	for _, s := range [][2]int{{1, 1}, {4, 7}, {50, 20}, {0, 3}, {3, 0}} {
		m, n := s[0], s[1]
		for _, tA := range transposes {
			for _, inc := range [][2]int{{1, 1}, {2, 1}, {1, 3}, {-1, 1}, {2, -2}, {-3, -1}} {
				for _, f := range [][2]float64{{1, 0}, {1, 1}, {0.5, -2}, {0, 3}, {0, 0}} {
					lda := n + 2
					a := random[float64](m * lda)
					x := random[float64](50 * 3)
					y := random[float64](max(0, (pick(tA, m, n)-1)*max(inc[1], -inc[1])+1)) // gonum clears what is behind it
					want := append([]float64(nil), y...)
					name := fmt.Sprintf("%v %c increments %v α, β = %v", s, tA, inc, f)
					a32, x32, y32, want32 := narrow(a), narrow(x), narrow(y), narrow(y)

					ours.Dgemv(tA, m, n, f[0], a, lda, x, inc[0], f[1], y, inc[1])
					gonums.Dgemv(tA, m, n, f[0], a, lda, x, inc[0], f[1], want, inc[1])
					requireClose(t, want, y, 1e-14, name)
					ours.Sgemv(tA, m, n, float32(f[0]), a32, lda, x32, inc[0], float32(f[1]), y32, inc[1])
					gonums.Sgemv(tA, m, n, float32(f[0]), a32, lda, x32, inc[0], float32(f[1]), want32, inc[1])
					requireClose(t, want32, y32, 1e-5, name)
				}
			}
		}
	}
}

// TestNaN: β = 0 overwrites a NaN, and a zero does not hide one.
func TestNaN(t *testing.T) {
	nan := float32(math.NaN())
	y := []float32{nan, nan}
	Implementation{}.Sgemv(blas.NoTrans, 2, 1, 1, []float32{2, 3}, 1, []float32{4}, 1, 0, y, 1)
	require.Equal(t, []float32{8, 12}, y)
	Implementation{}.Sgemm(blas.NoTrans, blas.NoTrans, 1, 2, 1, 1, []float32{0}, 1, []float32{nan, 1}, 2, 0, y, 2)
	require.True(t, y[0] != y[0] && y[1] == 0, "%v", y)
}

// TestPanics: what gonum refuses is refused in its words, and nothing is written.
func TestPanics(t *testing.T) {
	type product interface {
		Sgemm(tA, tB blas.Transpose, m, n, k int, alpha float32, a []float32, lda int, b []float32, ldb int, beta float32,
			c []float32, ldc int)
		Sgemv(tA blas.Transpose, m, n int, alpha float32, a []float32, lda int, x []float32, incX int, beta float32,
			y []float32, incY int)
	}
	a, c := make([]float32, 6), []float32{7, 7, 7, 7}
	for name, call := range map[string]func(p product){
		"transpose": func(p product) { p.Sgemm('?', 'N', 2, 2, 3, 1, a, 3, a, 2, 0, c, 2) },
		"m":         func(p product) { p.Sgemm('N', 'N', -1, 2, 3, 1, a, 3, a, 2, 0, c, 2) },
		"lda":       func(p product) { p.Sgemm('N', 'N', 2, 2, 3, 1, a, 2, a, 2, 0, c, 2) },
		"ldb":       func(p product) { p.Sgemm('N', 'T', 2, 2, 3, 1, a, 3, a, 2, 0, c, 2) },
		"short a":   func(p product) { p.Sgemm('N', 'N', 2, 2, 3, 1, a[:5], 3, a, 2, 0, c, 2) },
		"short b":   func(p product) { p.Sgemm('N', 'N', 2, 2, 3, 1, a, 3, a[:5], 2, 0, c, 2) },
		"short c":   func(p product) { p.Sgemm('N', 'N', 2, 2, 3, 1, a, 3, a, 2, 0, c[:3], 2) },
		"incX":      func(p product) { p.Sgemv('N', 2, 3, 1, a, 3, a, 0, 0, c, 1) },
		"short x":   func(p product) { p.Sgemv('N', 2, 3, 1, a, 3, a[:2], 1, 0, c, 1) },
		"short y":   func(p product) { p.Sgemv('T', 2, 3, 1, a, 3, a, 1, 0, c[:2], 1) },
	} {
		want := panicOf(func() { call(gonum.Implementation{}) })
		require.NotNil(t, want, name)
		require.Equal(t, want, panicOf(func() { call(Implementation{}) }), name)
		require.Equal(t, []float32{7, 7, 7, 7}, c, name)
	}
}

func panicOf(f func()) (value any) {
	defer func() { value = recover() }()
	f()
	return nil
}

// pick returns the rows or columns of a matrix in memory, of which straight are those of op.
func pick(t blas.Transpose, straight, transposed int) int {
	if t == blas.NoTrans {
		return straight
	}
	return transposed
}

func random[T float32 | float64](n int) []T {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	return x
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i := range x {
		y[i] = float32(x[i])
	}
	return y
}

func requireClose[T float32 | float64](t *testing.T, want, got []T, tolerance float64, name string) {
	t.Helper()
	for i := range want {
		require.True(t, numtest.Close(float64(got[i]), float64(want[i]), tolerance, 10*tolerance),
			"%s: element %d: got %v, want %v", name, i, got[i], want[i])
	}
}
