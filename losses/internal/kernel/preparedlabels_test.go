package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestPreparedLabels: with gradients by the labels, losses, lse and gradients are those without,
// and they are right to 4 ulp, those of a p next to 1 too, for all that takes them back through
// smoothing and class weights; a row of which one would be NaN is declined.
func TestPreparedLabels(t *testing.T) {
	having(t, prepares, preparedLabels[float32], preparedLabels[float64])
}

func preparedLabels[T Float](t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, k := range []int{1, 2, 3, 7, 10, 16, 17, 33, 64, 65, 100, 129, 300, 577, 1000} {
		for i, temperature := range []float64{1, 1, 3, 1. / 64} {
			if testing.Short() && i > 0 && k > 100 {
				continue
			}
			x := newPreparedRow[T](r, k, temperature, 0, i > 0 && r.IntN(2) == 0, true)
			if !Prepares(&x.p) {
				continue
			}
			what := fmt.Sprintf("k=%d temperature %v shifted %v", k, temperature, x.p.Hi != nil)
			holdPreparedLabels(t, what, r, x, temperature, x.p.Off() || r.IntN(2) == 0)
		}
	}
}

// holdPreparedLabels computes 21 rows of the preparation of x, with an extra or without.
func holdPreparedLabels[T Float](t *testing.T, what string, r *rand.Rand, x *preparedRow[T], temperature float64,
	extras bool) {
	const n, infinite, sure, surer, none = 21, 3, 5, 19, 14
	k := len(x.z)
	var z, labels, f, extra []T
	var exact [n]numtest.Softmax
	for i := range n {
		y := newPreparedRow[T](r, k, temperature, 0, false, true)
		class := r.IntN(k)
		switch at := &y.z[class]; i {
		case infinite:
			*at = T(math.Inf(-1))
		case sure:
			*at += T(15 * temperature)
		case surer:
			*at += T(60 * temperature)
		case none:
			*at = T(math.NaN())
		}
		y.prepare(&x.p, temperature)
		if i != infinite && i != none {
			exact[i] = numtest.SoftmaxOf(y.y)
		} else {
			y.t[class] = 0
		}
		z, labels, f = append(z, y.z...), append(labels, y.t...), append(f, T(0.3*r.NormFloat64()))
		if extras {
			extra = append(extra, T(0.1*r.NormFloat64()))
		}
	}
	plain, plainLSE, plainGrad := make([]float64, n), make([]float64, n), make([]T, n*k)
	CrossEntropyRows(&x.p, plain, plainLSE, plainGrad, z, labels, nil, f, extra, k)
	loss, lse, grad, got := make([]float64, n), make([]float64, n), make([]T, n*k), append(make([]T, n*k), 7)
	want := make([]T, k)
	for _, o := range labelGradsOf[T](n, k) {
		require.False(t, CrossEntropyRowsLabels(&x.p, loss, lse, grad, got[:n*k], z, labels, f, extra, k, o), what)
		require.Equal(t, T(7), got[n*k], what)
		for i := range n {
			if lse[i] != lse[i] {
				require.Contains(t, []int{infinite, surer, none}, i, "%s: row %d is declined", what, i)
				continue
			}
			require.NotEqual(t, none, i, what)
			lo, hi := i*k, (i+1)*k
			require.True(t, plain[i] == loss[i] && plainLSE[i] == lse[i] && sameBits(plainGrad[lo:hi], grad[lo:hi]),
				"%s: row %d", what, i)
			if i == infinite {
				continue
			}
			exactLabelGrads(want, o, labels[lo:hi], exact[i], i)
			for j, v := range want {
				require.LessOrEqual(t, numtest.Ulps(v, got[lo+j]), uint64(4), "%s %+v: element %d of row %d: got %v, want %v",
					what, o, j, i, got[lo+j], v)
			}
			holdLabelsAlone(t, fmt.Sprintf("%s row %d", what, i), &x.p, z[lo:hi], labels[lo:hi], want, o, i)
		}
	}
}

// holdLabelsAlone computes the gradients by the labels of one row alone, number i of those of o.
func holdLabelsAlone[T Float](t *testing.T, what string, p *Prepared[T], z, labels, want []T, o LabelGrads[T], i int) {
	var loss float64
	got := make([]T, len(z))
	o.Factor = o.Factor[min(i, len(o.Factor)-1):][:1]
	_, ok := CrossEntropyRowLabels(p, &loss, make([]T, len(z)), got, z, labels, 0.25, 0.5, o)
	if !ok { // far apart
		return
	}
	for j, v := range want {
		require.LessOrEqual(t, numtest.Ulps(v, got[j]), uint64(4), "%s: element %d: got %v, want %v", what, j, got[j], v)
	}
}
