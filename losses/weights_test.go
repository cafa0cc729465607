package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestRemovedRows: rows of sample weight 0 leave no trace, whatever they hold:
// NaN logits, invalid labels, a class out of range. The others give what they give alone.
func TestRemovedRows(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		for _, index := range [][]int{nil, {99, 4, 2, -7, 1, 0, math.MaxInt}} {
			b := randomBatch(c, dt, 7, 41)
			b.index = index
			removed := map[int]bool{0: true, 3: true, 6: true}
			rest := batch{dt: dt, k: b.k}
			for i := range b.n {
				if removed[i] {
					b.s[i] = 0
					copy(b.z[i*b.k:], []float64{nan, inf, -inf, 1, 1})
					copy(b.t[i*b.k:], []float64{-1, nan, inf, 7, 0})
					continue
				}
				rest.n++
				rest.z = append(rest.z, b.z[i*b.k:(i+1)*b.k]...)
				rest.t = append(rest.t, b.t[i*b.k:(i+1)*b.k]...)
				rest.s = append(rest.s, b.s[i])
				if index != nil {
					rest.index = append(rest.index, index[i])
				}
				if c.Reduction == losses.None {
					rest.u = append(rest.u, b.u[i])
				} else {
					rest.u = b.u
				}
			}
			got, want := b.eval(t, c), rest.eval(t, c)
			same(t, "grad", got.grad, spread(want.grad, b.k, b.n, removed))
			if index == nil {
				same(t, "labels' grad", got.tgrad, spread(want.tgrad, b.k, b.n, removed))
			}
			if c.Reduction == losses.None {
				same(t, "loss", got.loss, spread(want.loss, 1, b.n, removed))
			} else {
				same(t, "loss", got.loss, want.loss)
			}
		}
	})
}

// spread puts rows of zeros where rows were removed.
func spread(x []float64, k, n int, removed map[int]bool) (out []float64) {
	for i := range n {
		if removed[i] {
			out = append(out, make([]float64, k)...)
			continue
		}
		out = append(out, x[:k]...)
		x = x[k:]
	}
	return out
}

// TestNothingKept: 0, with a gradient of zeros.
func TestNothingKept(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 4, 42)
		clear(b.s)
		b.z[3], b.t[8] = nan, -1
		got := b.eval(t, c)
		same(t, "loss", got.loss, make([]float64, upstreams(c, 4)))
		same(t, "grad", got.grad, make([]float64, 20))
		same(t, "labels' grad", got.tgrad, make([]float64, 20))
	})
}

// TestSampleWeights: the row's loss is multiplied; Mean still divides by the number of rows.
func TestSampleWeights(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 4, 43)
		b.u = nil
		got := b.eval(t, c)
		plain := b
		plain.s = nil
		r := c
		r.Reduction = losses.None
		rows := plain.eval(t, r)
		weighted := repeat(4, func(i int) float64 { return rows.loss[i] * b.s[i] })
		sum := weighted[0] + weighted[1] + weighted[2] + weighted[3]
		div := 1.0
		switch c.Reduction {
		case losses.None:
			near(t, "none", got.loss, weighted, 2*epsilon(dt), 0)
		case losses.Sum:
			near(t, "sum", got.loss, []float64{sum}, 4*epsilon(dt), 0)
		case losses.Mean:
			div = 4
			near(t, "mean", got.loss, []float64{sum / 4}, 4*epsilon(dt), 0)
		}
		near(t, "grad", got.grad, repeat(20, func(i int) float64 { return rows.grad[i] * b.s[i/5] / div }), 3*epsilon(dt), 0)
		near(t, "labels' grad", got.tgrad, repeat(20, func(i int) float64 { return rows.tgrad[i] * b.s[i/5] / div }), 3*epsilon(dt), 0)
	})
}

// TestEnginesKeepNothing: calls of different shapes, dtypes and options after each other do not see each other.
func TestEnginesKeepNothing(t *testing.T) {
	c := losses.Criterion{Reduction: losses.None}
	for range 2 {
		for _, dt := range floatDtypes {
			big := randomBatch(c, dt, 9, 44)
			small := batch{dt: dt, n: 2, k: 2, z: []float64{0, 0, 0, 0}, t: []float64{1, 0, 0, 1}}
			hard := small
			hard.index = []int{1, 0}
			for _, b := range []batch{small, big, small, hard, small} {
				got := b.eval(t, c)
				if b.n == 2 {
					near(t, "loss", got.loss, []float64{.6931471805599453, .6931471805599453}, epsilon(dt), 0)
					sign := 1.0
					if b.index != nil {
						sign = -1
					}
					same(t, "grad", got.grad, scaled(sign, []float64{-.5, .5, .5, -.5}))
				}
				bad := b
				bad.t = repeat(b.n*b.k, func(int) float64 { return -1 })
				bad.index = nil
				_, err := bad.try(t, c)
				require.ErrorIs(t, err, losses.ErrLabel)
			}
		}
	}
}
