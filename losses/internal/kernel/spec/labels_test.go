package spec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// A call runs one kernel on a block of rows: loss, out and grad are what it writes.
type call[T Float] struct {
	name string
	run  func(loss []float64, out, grad, z, t []T, index []int, scale []T, k int) (bad int)
}

func calls[T Float]() []call[T] {
	type f = func(loss []float64, out, grad, z, t []T, index []int, scale []T, k int) int
	unary := func(g func(dst, z []T, k int)) f {
		return func(_ []float64, out, _, z, _ []T, _ []int, _ []T, k int) int { g(out, z, k); return -1 }
	}
	binary := func(g func(dst, z, u []T, k int)) f {
		return func(_ []float64, out, _, z, t []T, _ []int, _ []T, k int) int { g(out, z, t, k); return -1 }
	}
	return []call[T]{
		{"Softmax", unary(Softmax[T])},
		{"LogSoftmax", unary(LogSoftmax[T])},
		{"SoftmaxGrad", binary(SoftmaxGrad[T])},
		{"LogSoftmaxGrad", binary(LogSoftmaxGrad[T])},
		{"CrossEntropy", func(loss []float64, _, grad, z, t []T, _ []int, scale []T, k int) int {
			return CrossEntropy(loss, grad, z, t, scale, k)
		}},
		{"CrossEntropyIndex", func(loss []float64, _, grad, z, _ []T, index []int, scale []T, k int) int {
			CrossEntropyIndex(loss, grad, z, index, scale, k)
			return -1
		}},
		{"MAE", func(loss []float64, _, grad, z, t []T, _ []int, scale []T, k int) int {
			return MAE(loss, grad, z, t, scale, make([]float64, k), k)
		}},
		{"MAEIndex", func(loss []float64, _, grad, z, _ []T, index []int, scale []T, k int) int {
			SeparableIndex(Absolute, 0, loss, grad, z, index, scale, k)
			return -1
		}},
		{"ProbCrossEntropy", func(loss []float64, _, grad, z, t []T, _ []int, scale []T, k int) int {
			p := make([]T, len(z))
			Softmax(p, z, k)
			return ProbCrossEntropy(loss, grad, p, t, scale, k)
		}},
	}
}

// TestRowsDoNotTouchEachOther runs every kernel on a block and on each of its
// rows alone, bit for bit the same, between canaries, with one row of NaN in the block.
func TestRowsDoNotTouchEachOther(t *testing.T) {
	t.Run("float32", rowsAlone[float32])
	t.Run("float64", rowsAlone[float64])
}

func rowsAlone[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	const n, canary = 5, 77
	for _, k := range []int{1, 2, 3, 8, 17, 64, 130} {
		z, labels, scale, index := make([]T, n*k), make([]T, n*k), make([]T, n), make([]int, n)
		for i := range z {
			z[i], labels[i] = T(5*r.NormFloat64()), T(r.Float64())
		}
		for i := range n {
			scale[i], index[i] = T(r.NormFloat64()), r.IntN(k)
		}
		z[2*k+k/2] = T(math.NaN())
		zWas, tWas := fmt.Sprint(z), fmt.Sprint(labels)
		for _, c := range calls[T]() {
			out, grad, loss := guarded(T(canary), n*k), guarded(T(canary), n*k), guarded(float64(canary), n)
			c.run(loss[1:n+1], out[1:n*k+1], grad[1:n*k+1], z, labels, index, scale, k)
			for _, g := range [][]T{out, grad} {
				require.Equal(t, T(canary), g[0], "%s wrote before its output", c.name)
				require.Equal(t, T(canary), g[n*k+1], "%s wrote behind its output", c.name)
			}
			require.EqualValues(t, canary, loss[0])
			require.EqualValues(t, canary, loss[n+1])
			for i := range n {
				lo, hi := i*k, i*k+k
				loss1, out1, grad1 := guarded(float64(canary), 1), guarded(T(canary), k), guarded(T(canary), k)
				c.run(loss1[1:2], out1[1:k+1], grad1[1:k+1], z[lo:hi], labels[lo:hi], index[i:i+1], scale[i:i+1], k)
				require.True(t, numtest.Close(loss[i+1], loss1[1], 0, 0), "%s k=%d row %d: loss %v, alone %v", c.name,
					k, i, loss[i+1], loss1[1])
				for j := range k {
					require.Zero(t, numtest.Ulps(out[1+lo+j], out1[1+j]), "%s k=%d row %d", c.name, k, i)
					require.Zero(t, numtest.Ulps(grad[1+lo+j], grad1[1+j]), "%s k=%d row %d", c.name, k, i)
				}
			}
			require.Equal(t, zWas, fmt.Sprint(z), "%s modified the logits", c.name)
			require.Equal(t, tWas, fmt.Sprint(labels), "%s modified the labels", c.name)
		}
	}
}

func guarded[E any](canary E, n int) []E {
	s := make([]E, n+2)
	for i := range s {
		s[i] = canary
	}
	return s
}

// TestFirstBadRow wants the first row with an invalid label, wherever in the row it stands.
func TestFirstBadRow(t *testing.T) {
	const n, k = 6, 5
	for _, bad := range []float64{-1, -5e-324, math.NaN(), math.Inf(1), math.Inf(-1)} {
		for col := range k {
			for _, best := range []int{0, col, k - 1} { // where the largest logit is
				z, labels, scale := make([]float64, n*k), make([]float64, n*k), []float64{1}
				for i := range n {
					z[i*k+best] = 3
				}
				for _, row := range []int{5, 3} {
					labels[row*k+col] = bad
				}
				loss, grad := make([]float64, n), make([]float64, n*k)
				p := make([]float64, n*k)
				Softmax(p, z, k)
				for _, g := range [][]float64{grad, nil} {
					assert.Equal(t, 3, CrossEntropy(loss, g, z, labels, scale, k), "CrossEntropy %v", bad)
					assert.Equal(t, 3, MAE(loss, g, z, labels, scale, make([]float64, k), k), "MAE %v", bad)
					assert.Equal(t, 3, ProbCrossEntropy(loss, g, p, labels, scale, k), "ProbCrossEntropy %v", bad)
				}
			}
		}
	}
}
