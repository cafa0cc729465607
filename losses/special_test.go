package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// insert returns rows of k+1 columns: x with the value v inserted as column c.
func insert(x []float64, k, c int, v float64) (out []float64) {
	for lo := 0; lo < len(x); lo += k {
		out = append(out, x[lo:lo+c]...)
		out = append(out, v)
		out = append(out, x[lo+c:lo+k]...)
	}
	return out
}

func isNaN(x []float64) (any, all bool) {
	all = true
	for _, v := range x {
		any = any || v != v
		all = all && v != v
	}
	return any, all
}

func requireFinite(t tester, what string, x []float64) {
	t.Helper()
	for _, v := range x {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s is not finite: %v", what, x)
	}
}

// TestExcludedClass: a class with logit -Inf and label 0 is as good as absent.
func TestExcludedClass(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		if c.Smoothing.Alpha != 0 {
			t.Skip("smoothing gives the class a label; TestMinusInfinity")
		}
		b := randomBatch(c, dt, 6, 31)
		b.saturate(3, 1)
		for _, index := range [][]int{nil, {0, 1, 2, 3, 4, 0}} {
			b.index = index
			want := b.eval(t, c)
			for _, at := range []int{0, 2, b.k} {
				w := b
				w.k++
				w.z, w.t = insert(b.z, b.k, at, -inf), insert(b.t, b.k, at, 0)
				if index != nil {
					w.index = nil
					for _, y := range index {
						if y >= at {
							y++
						}
						w.index = append(w.index, y)
					}
				}
				got := w.eval(t, c)
				near(t, "loss", got.loss, want.loss, 2*epsilon(dt), 0)
				near(t, "grad", got.grad, insert(want.grad, b.k, at, 0), 4*epsilon(dt), 4*epsilon(dt))
			}
		}
	})
}

// TestMinusInfinity: -Inf where the label is positive costs +Inf in cross entropy, a finite
// number in the bounded losses, and the gradient by the logits is finite in all of them.
func TestMinusInfinity(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		for _, index := range [][]int{nil, {0, 3, 2}} {
			b := randomBatch(c, dt, 3, 32)
			b.s, b.u, b.index = nil, nil, index
			b.z[b.k+3] = -inf
			got := b.eval(t, c)
			requireFinite(t, "grad", got.grad)
			if name := c.Loss; name == (losses.CrossEntropy{}) || name == (byRow{losses.CrossEntropy{}}) {
				at := 0
				if c.Reduction == losses.None {
					at = 1
					requireFinite(t, "the other rows", []float64{got.loss[0], got.loss[2]})
				}
				require.True(t, math.IsInf(got.loss[at], 1), "loss %v", got.loss)
			} else {
				requireFinite(t, "loss", got.loss)
			}
			any, _ := isNaN(got.tgrad)
			require.False(t, any, "labels' grad %v", got.tgrad)
		}
	})
}

// TestPoison: a row with a NaN or a +Inf, or nothing but -Inf, is NaN, loss and gradient; the
// others are what they are without it, to the last bit.
func TestPoison(t *testing.T) {
	rows := map[string][]float64{
		"NaN first": {nan, 1, 2, 3, 4}, "NaN inside": {0, 1, nan, 3, 4}, "NaN last": {9, 1, 2, 3, nan},
		"+Inf first": {inf, 1, 2, 3, 4}, "+Inf last": {0, 1, 2, 3, inf}, "+Inf twice": {inf, 1, inf, 3, 4},
		"+Inf and -Inf": {0, -inf, 2, inf, 4}, "NaN and -Inf": {nan, -inf, -inf, -inf, -inf},
		"NaN and +Inf": {inf, nan, 0, 0, 0}, "all -Inf": {-inf, -inf, -inf, -inf, -inf},
	}
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		for name, row := range rows {
			for _, index := range [][]int{nil, {1, 4, 0}} {
				b := randomBatch(c, dt, 3, 33)
				b.index = index
				want := b.eval(t, c)
				copy(b.z[b.k:], row)
				got := b.eval(t, c)
				for i := range b.n {
					lo, hi := i*b.k, (i+1)*b.k
					if i != 1 {
						same(t, name+": another row's grad", got.grad[lo:hi], want.grad[lo:hi])
						continue
					}
					_, all := isNaN(got.grad[lo:hi])
					require.True(t, all, "%s: grad %v", name, got.grad[lo:hi])
				}
				if c.Reduction == losses.None {
					require.True(t, math.IsNaN(got.loss[1]), "%s: loss %v", name, got.loss)
					same(t, name+": another row's loss", []float64{got.loss[0], got.loss[2]},
						[]float64{want.loss[0], want.loss[2]})
				} else {
					require.True(t, math.IsNaN(got.loss[0]), "%s: loss %v", name, got.loss)
				}
			}
		}
	})
}

// TestHuge: logits of ±1e4 and ±1e30 are ordinary saturated ones.
func TestHuge(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 4, 34)
		b.s, b.u = nil, nil
		b.z = []float64{
			1e4, -1e4, 0, 0, 0,
			1e30, -1e30, 1e30, 0, 5,
			-1e30, -1e30, -1e30, -1e30, -1e30,
			0, 1e30, 1, 2, 3,
		}
		got := b.eval(t, c)
		requireFinite(t, "loss", got.loss)
		requireFinite(t, "grad", got.grad)
		requireFinite(t, "labels' grad", got.tgrad)
		b.t = oneHot(b.k, 0, 2, 4, 0)
		c.Smoothing = losses.Smoothing{}
		want := map[losses.Loss][]float64{
			losses.CrossEntropy{}: {0, math.Ln2, math.Log(5), 1e30},
			losses.MAE{}:          {0, 1, 1.6, 2},
			GCE{Q: .7}:            {0, (1 - math.Exp2(-.7)) / .7, (1 - math.Pow(5, -.7)) / .7, 1 / .7},
		}
		loss := c.Loss
		if l, ok := loss.(byRow); ok {
			loss = l.Loss
		}
		c.Reduction = losses.None
		near(t, "loss", b.eval(t, c).loss, want[loss], 2*epsilon(dt), 0)
		b.index = []int{0, 2, 4, 0}
		near(t, "loss of the index", b.eval(t, c).loss, want[loss], 2*epsilon(dt), 0)
	})
}

// TestZeroLabels: a row without labels costs nothing in cross entropy, and counts in the mean.
func TestZeroLabels(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		if c.Smoothing.Alpha != 0 && c.Smoothing.Rule != losses.SmoothPrior || c.Loss == (losses.MAE{}) ||
			c.Loss == (byRow{losses.MAE{}}) {
			t.Skip("these make a target of the row, or want p = 0")
		}
		b := randomBatch(c, dt, 4, 35)
		b.s, b.u = nil, nil
		clear(b.t)
		got := b.eval(t, c)
		same(t, "loss", got.loss, make([]float64, upstreams(c, 4)))
		same(t, "grad", got.grad, make([]float64, 20))
		copy(b.t[5:], []float64{0, 1, 0, 0, 0})
		one := b.eval(t, c)
		none := c
		none.Reduction = losses.None
		if c.Reduction == losses.Mean {
			near(t, "mean", one.loss, []float64{b.eval(t, none).loss[1] / 4}, epsilon(dt), 0)
		}
	})
}

// TestNaNOnZeroLabels: the contract makes a row of NaN logits NaN whatever its labels,
// and whatever is asked for.
func TestNaNOnZeroLabels(t *testing.T) {
	for _, loss := range []losses.Loss{losses.CrossEntropy{}, losses.MAE{}} {
		c := losses.Criterion{Loss: loss}
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, nan, 0}, t: make([]float64, 3)}
		out := b.outputs(c)
		require.NoError(t, c.EvalInto(out, b.inputs(c)))
		require.True(t, math.IsNaN(b.lossAlone(t, c)[0]), "%T: loss alone", loss)
		require.True(t, math.IsNaN(b.eval(t, c).loss[0]), "%T: loss and gradient", loss)
		require.True(t, math.IsNaN(values(out.Loss)[0]), "%T: loss with the labels' gradient: %v", loss, out.Loss)
	}
}

// TestOneClass: with one class p = 1, whatever the logit.
func TestOneClass(t *testing.T) {
	for name, loss := range tableLosses {
		for _, dt := range floatDtypes {
			for _, r := range reductions {
				c := losses.Criterion{Loss: loss, Reduction: r}
				b := batch{dt: dt, n: 3, k: 1, z: []float64{-5, 0, 1e30}, t: []float64{1, 1, 1}}
				for _, index := range [][]int{nil, {0, 0, 0}} {
					b.index = index
					got := b.eval(t, c)
					same(t, name+" loss", got.loss, make([]float64, upstreams(c, 3)))
					same(t, name+" grad", got.grad, make([]float64, 3))
				}
				one := batch{dt: dt, n: 1, k: 1, z: []float64{3}, t: []float64{.5}}
				want := 0.0
				if name == "mae" || name == "mae-row" {
					want = .5
				}
				got := one.eval(t, c)
				same(t, name+" loss", got.loss, []float64{want})
				same(t, name+" grad", got.grad, []float64{0})
				one.z = []float64{-inf}
				require.True(t, math.IsNaN(one.eval(t, c).loss[0]))
			}
		}
	}
}

// TestOneRow: N = 1 is a row like any other, and all reductions give the same number.
func TestOneRow(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 3, 36)
		b.s, b.u = nil, nil
		r := c
		r.Reduction = losses.None
		all := b.eval(t, r)
		for i := range 3 {
			one := batch{dt: dt, n: 1, k: 5, z: b.z[5*i : 5*i+5], t: b.t[5*i : 5*i+5]}
			got := one.eval(t, c)
			same(t, "loss", got.loss, all.loss[i:i+1])
			same(t, "grad", got.grad, all.grad[5*i:5*i+5])
			same(t, "labels' grad", got.tgrad, all.tgrad[5*i:5*i+5])
		}
	})
}
