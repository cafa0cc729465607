package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

func requireFinite(t tester, what string, x []float64) {
	t.Helper()
	for _, v := range x {
		require.False(t, math.IsNaN(v) || math.IsInf(v, 0), "%s is not finite: %v", what, x)
	}
}

// TestZeroLabels: a row without labels costs nothing in the losses that are linear in them, has no
// gradient, and counts in the mean.
func TestZeroLabels(t *testing.T) {
	for name, loss := range lossFamily {
		if !(byRow{loss}).LinearInTarget() {
			continue
		}
		for _, alpha := range []float64{0, .1} {
			for _, dt := range floatDtypes {
				c := losses.Criterion{Loss: loss, Smoothing: losses.Smoothing{Alpha: alpha}}
				b := randomBatch(c, dt, 4, 35)
				b.s, b.u = nil, nil
				clear(b.t)
				got := b.eval(t, c)
				same(t, name+" loss", got.loss, []float64{0})
				same(t, name+" grad", got.grad, make([]float64, 20))
				b.t[6] = 1
				one := b.eval(t, c)
				c.Reduction = losses.None
				near(t, name+" mean", one.loss, []float64{b.eval(t, c).loss[1] / 4}, epsilon(dt), 0)
			}
		}
	}
}

// TestNaNOnZeroLabels: a row of NaN logits is NaN whatever its labels, and whatever is asked for.
func TestNaNOnZeroLabels(t *testing.T) {
	for name, loss := range lossFamily {
		if wantsShares(loss) {
			continue
		}
		c := losses.Criterion{Loss: loss}
		b := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, nan, 0}, t: make([]float64, 3)}
		out := b.outputs(c)
		require.NoError(t, c.EvalInto(out, b.inputs(c)))
		require.True(t, math.IsNaN(b.lossAlone(t, c)[0]), "%s: loss alone", name)
		require.True(t, math.IsNaN(b.eval(t, c).loss[0]), "%s: loss and gradient", name)
		require.True(t, math.IsNaN(values(out.Loss)[0]), "%s: loss with the labels' gradient: %v", name, out.Loss)
	}
}

// TestOneClass: with one class p = 1, whatever the logit, and every loss is 0 but AEL.
func TestOneClass(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			for _, index := range [][]int{nil, {0, 0, 0}} {
				c := losses.Criterion{Loss: loss, Reduction: losses.None}
				b := batch{dt: dt, n: 3, k: 1, z: []float64{-5, 0, 1e30}, t: []float64{1, 1, 1}, index: index}
				want := 0.0
				if l, ok := loss.(losses.AEL); ok {
					want = math.Exp(-1 / l.A)
				}
				got := b.eval(t, c)
				near(t, name+" loss", got.loss, repeat(3, func(int) float64 { return want }), epsilon(dt), 0)
				same(t, name+" grad", got.grad, make([]float64, 3))
				b.z[1] = -inf
				require.True(t, math.IsNaN(b.eval(t, c).loss[1]), name)
			}
		}
	}
	b := batch{dt: tensor.Float64, n: 1, k: 1, z: []float64{3}, t: []float64{.5}}
	got := b.eval(t, losses.Criterion{Loss: losses.MAE{}})
	same(t, "loss of half a label", got.loss, []float64{.5})
	same(t, "its grad", got.grad, []float64{0})
}

// TestOneRow: a row by itself gives the bits that it gives among others, with every reduction.
func TestOneRow(t *testing.T) {
	for name, loss := range lossFamily {
		for _, dt := range floatDtypes {
			c := losses.Criterion{Loss: loss, Reduction: losses.None}
			b := familyBatch(c, 3, tableK, 36)
			b.dt, b.s, b.u = dt, nil, nil
			all := b.eval(t, c)
			for i := range 3 {
				lo, hi := tableK*i, tableK*(i+1)
				one := batch{dt: dt, n: 1, k: tableK, z: b.z[lo:hi], t: b.t[lo:hi]}
				for _, c.Reduction = range reductions {
					got := one.eval(t, c)
					same(t, name+" loss", got.loss, all.loss[i:i+1])
					same(t, name+" grad", got.grad, all.grad[lo:hi])
					same(t, name+" labels' grad", got.tgrad, all.tgrad[lo:hi])
				}
			}
		}
	}
}
