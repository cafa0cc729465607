package losses_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// cost is Σ upstream·loss, the number whose gradient EvalInto returns.
func (b batch) cost(t tester, c losses.Criterion) float64 {
	out := losses.Outputs{Loss: b.outputs(c).Loss}
	in := b.inputs(c)
	in.Upstream = nil
	require.NoError(t, c.EvalInto(out, in))
	sum := 0.0
	for i, l := range values(out.Loss) {
		sum += l * b.u[i]
	}
	return sum
}

// saturate makes the row i sure of class y: p_y = 1 - 2.5e-5.
func (b batch) saturate(i, y int) {
	for j := range b.k {
		b.z[i*b.k+j] = -0.25 * float64(j)
	}
	b.z[i*b.k+y] = 11
}

// TestUpstream: gradients are multiplied by the upstream, one for all rows or one a row; the loss
// is not.
func TestUpstream(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		for _, weighted := range []bool{false, true} {
			b := randomBatch(c, dt, 6, 13)
			if !weighted {
				b.s = nil
			}
			for _, index := range [][]int{nil, {0, 4, 1, 2, 2, 3}} {
				b.index = index
				with := b.eval(t, c)
				plain := b
				plain.u = nil
				without := plain.eval(t, c)
				same(t, "loss", with.loss, without.loss)
				u := perRow(b.u, b.n)
				want := repeat(len(with.grad), func(i int) float64 { return u[i/b.k] * without.grad[i] })
				near(t, "grad", with.grad, want, 3*epsilon(dt), 0)
				if index == nil {
					want = repeat(len(with.grad), func(i int) float64 { return u[i/b.k] * without.tgrad[i] })
					near(t, "labels' grad", with.tgrad, want, 3*epsilon(dt), 0)
				}
			}
		}
	})
}

// TestSelection: what is asked for does not change what is computed.
func TestSelection(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 6, 14)
		all := b.outputs(c)
		require.NoError(t, c.EvalInto(all, b.inputs(c)))
		pairs := func(what string, out losses.Outputs) {
			require.NoError(t, c.EvalInto(out, b.inputs(c)))
			for _, p := range []struct{ got, want *tensor.Dense }{{out.Loss, all.Loss}, {out.Grad, all.Grad},
				{out.TargetGrad, all.TargetGrad}} {
				if p.got != nil {
					// With TargetGrad the loss goes by rows, without it by a kernel.
					near(t, what, values(p.got), values(p.want), 4*epsilon(dt), 16*epsilon(dt))
				}
			}
		}
		fresh := func() losses.Outputs { return b.outputs(c) }
		pairs("loss", losses.Outputs{Loss: fresh().Loss})
		pairs("grad", losses.Outputs{Grad: fresh().Grad})
		pairs("labels' grad", losses.Outputs{TargetGrad: fresh().TargetGrad})
		pairs("loss and grad", losses.Outputs{Loss: fresh().Loss, Grad: fresh().Grad})
		pairs("nothing", losses.Outputs{})
	})
}

// TestOptionsCarryOver: nothing of a call with options is left for the next without.
func TestOptionsCarryOver(t *testing.T) {
	for _, dt := range floatDtypes {
		plain := losses.Criterion{Reduction: losses.None}
		b := familyBatch(plain, 6, tableK, 91)
		b.dt = dt
		index := []int{0, 4, 2, 1, 3, 1}
		hard := b
		hard.index = index
		wantSoft, wantHard := b.all(t, plain), hard.all(t, plain)
		for option, c := range familyOptions {
			c.Reduction = losses.None
			b.all(t, c)
			nearAll(t, option, hard.all(t, plain), wantHard, 0, 0)
			hard.all(t, c)
			nearAll(t, option, b.all(t, plain), wantSoft, 0, 0)
			if c.Smoothing.Alpha == 0 {
				b.along(t, c, direction(6, tableK))
				nearAll(t, option, hard.all(t, plain), wantHard, 0, 0)
			}
		}
	}
}
