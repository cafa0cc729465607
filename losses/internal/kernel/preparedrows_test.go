package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/spec"
)

// TestPreparedRows holds rows that are computed together to the same, each with logits and labels
// of its own: several maxima, and such as a rounding makes of others, logits far apart, and what is
// declined.
func TestPreparedRows(t *testing.T) {
	having(t, prepares, preparedRows[float32], preparedRows[float64])
}

func preparedRows[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, k := range []int{1, 2, 3, 10, 31, 64, 65, 80, 100, 128, 129, 200, 256, 300, 500, 512, 577, 1000} {
		for _, temperature := range []float64{1, 3, 0.5} {
			for _, shifted := range []bool{false, true} {
				x := newPreparedRow[T](r, k, temperature, 0, shifted, true)
				for _, extra := range []bool{true, false} {
					if Prepares(&x.p) {
						what := fmt.Sprintf("k=%d temperature %v shifted %v extra %v", k, temperature, shifted, extra)
						holdPreparedRows(t, what, r, x, temperature, extra)
					}
				}
			}
		}
	}
}

// holdPreparedRows computes 37 rows of the preparation of x, with an extra or without.
func holdPreparedRows[T Float](t *testing.T, what string, r *rand.Rand, x *preparedRow[T], temperature float64,
	extras bool) {
	const n = 37
	k, rows := len(x.z), make([]*preparedRow[T], n)
	var z, labels, f, extra []T
	for i := range rows {
		y := newPreparedRow[T](r, k, temperature, 0, false, true)
		switch y.p = x.p; i % 6 {
		case 1: // several maxima
			for j := range y.z {
				y.z[j] = T(math.Round(float64(y.z[j])))
			}
		case 2: // and almost: b z + hi is rough beside them
			for j := range y.z {
				y.z[j] = T((2000 + 0.001*r.NormFloat64() - x.p.Added(j)) / x.p.Factor)
			}
		case 3:
			y.z[r.IntN(k)] -= 300 // more than float32 takes
		case 4:
			y.z[r.IntN(k)] = []T{T(math.NaN()), T(math.Inf(1)), 1e30}[i/6%3]
		case 5:
			y.t[r.IntN(k)] = []T{T(math.NaN()), T(math.Inf(1)), -1}[i/6%3]
		}
		y.prepare(&x.p, temperature)
		rows[i], z, labels = y, append(z, y.z...), append(labels, y.t...)
		f = append(f, T(0.3*r.NormFloat64()))
		if extras {
			extra = append(extra, T(0.1*r.NormFloat64()))
		}
	}
	anyRow := !strings.Contains(t.Name(), "neon") && inBlocks[T](strings.Contains(t.Name(), "avx512"), k)
	holdRows(t, what, rows, anyRow, f, extra, z, labels, nil)
	index := make([]int, n)
	for i, y := range rows {
		if index[i] = slices.Index(y.z, slices.Max(y.z)); i%4 > 0 || index[i] < 0 {
			index[i] = i * 7 % k
		}
		y.index, y.labels = index[i], false
	}
	holdRows(t, what+" index", rows, anyRow, f, extra, z, nil, index)
	if Together[T](k) {
		holdIndexRows(t, what, x, z, index, f, extra)
	}
}

// inBlocks reports whether rows of k classes are for vectors, ordinary ones or not, with AVX-512 or
// AVX2.
func inBlocks[T Float](avx512 bool, k int) bool {
	bytes := 512
	if avx512 {
		bytes = 1024
	}
	return k <= 64 || k*spec.Size[T]() <= bytes
}

// holdRows computes rows with labels or an index and holds them to what they are, each in its own
// way: anyRow says that those far apart are for vectors, too.
func holdRows[T Float](t *testing.T, what string, rows []*preparedRow[T], anyRow bool, f, extra, z, labels []T,
	index []int) {
	n, k, p, most := len(rows), len(rows[0].z), &rows[0].p, 4.0
	if spec.Size[T]() == 8 && !Together[T](k) { // as of TestPrepared
		most = 6
	}
	loss, lse, grad, none := make([]float64, n), make([]float64, n), make([]T, n*k), make([]float64, n)
	require.False(t, CrossEntropyRows(p, loss, lse, grad, z, labels, index, f, extra, k), what)
	require.False(t, CrossEntropyRows(p, none, make([]float64, n), nil, z, labels, index, f, extra, k), what)
	for i, y := range rows {
		kind, least, more := i%6, 4, 0.0
		if !y.labels && kind == 5 { // whose labels are none
			kind = 0
		}
		if !anyRow { // perhaps
			least = 3
		}
		if extra != nil {
			more = float64(extra[i])
		}
		lost := y.showsLost(more)
		if lse[i] != lse[i] {
			require.True(t, lost || kind >= least, "%s: row %d is declined", what, i)
			continue
		}
		require.False(t, lost || kind >= 4, "%s: row %d is not declined", what, i)
		require.True(t, sameBits(loss[i:i+1], none[i:i+1]), what)
		wantLoss, wantLSE, wantGrad, size := y.want(float64(f[i]), more)
		near := func(got, want, size float64) {
			ulp := numtest.Ulp(T(max(size, math.Abs(want))))
			atMost(t, math.Abs(got-want), most*ulp, "%s: row %d has %v, not %v", what, i, got, want)
		}
		near(loss[i], wantLoss, 0)
		if extra != nil {
			near(lse[i], wantLSE, y.largest())
		}
		for j, v := range grad[i*k : (i+1)*k] {
			near(float64(v), wantGrad[j], size[j])
		}
	}
}

// showsLost reports whether the term of extra shows what the log-sum-exp of the row has lost.
func (x *preparedRow[T]) showsLost(extra float64) bool {
	mass := 1.0
	if x.labels {
		mass = spec.Sum(x.t)
	}
	return spec.ShowsLost[T](mass, extra, numtest.SoftmaxOf(x.y).LogSumExp().Hi)
}

// holdIndexRows wants the bits of one-hot labels for an index.
func holdIndexRows[T Float](t *testing.T, what string, x *preparedRow[T], z []T, index []int, f, extra []T) {
	n, k := len(f), len(x.z)
	hot := make([]T, n*k)
	for i, y := range index {
		hot[i*k+y] = 1
	}
	var results [2]struct {
		loss, lse []float64
		grad      []T
	}
	for i := range results {
		r, labels, classes := &results[i], hot, []int(nil)
		if i == 1 {
			labels, classes = nil, index
		}
		r.loss, r.lse, r.grad = make([]float64, n), make([]float64, n), make([]T, n*k)
		CrossEntropyRows(&x.p, r.loss, r.lse, r.grad, z, labels, classes, f, extra, k)
	}
	byLabels, byIndex := &results[0], &results[1]
	for i, s := range byLabels.lse {
		require.Equal(t, s != s, byIndex.lse[i] != byIndex.lse[i], "%s: row %d", what, i)
		require.True(t, s != s || s == byIndex.lse[i] && byLabels.loss[i] == byIndex.loss[i] &&
			slices.Equal(byLabels.grad[i*k:(i+1)*k], byIndex.grad[i*k:(i+1)*k]), "%s: row %d", what, i)
	}
}
