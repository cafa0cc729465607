package losses_test

import (
	"fmt"
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

// TestSelection: what is asked for does not change what is computed.
func TestSelection(t *testing.T) {
	for name, loss := range lossFamily {
		for option, c := range familyOptions {
			for _, dt := range floatDtypes {
				c.Loss = loss
				b := familyBatch(c, 6, tableK, 14)
				if b.dt = dt; losesShares(t, c, b) {
					continue
				}
				all, what := b.outputs(c), fmt.Sprint(name, " ", option, " ", dt, ": ")
				require.NoError(t, c.EvalInto(all, b.inputs(c)))
				pairs := func(of string, out losses.Outputs) {
					require.NoError(t, c.EvalInto(out, b.inputs(c)))
					for _, p := range []struct{ got, want *tensor.Dense }{{out.Loss, all.Loss}, {out.Grad, all.Grad},
						{out.TargetGrad, all.TargetGrad}} {
						if p.got != nil {
							// With TargetGrad the loss goes by rows, without it by a kernel.
							near(t, what+of, values(p.got), values(p.want), 4*epsilon(dt), 16*epsilon(dt))
						}
					}
				}
				fresh := func() losses.Outputs { return b.outputs(c) }
				pairs("loss", losses.Outputs{Loss: fresh().Loss})
				pairs("grad", losses.Outputs{Grad: fresh().Grad})
				pairs("labels' grad", losses.Outputs{TargetGrad: fresh().TargetGrad})
				pairs("loss and grad", losses.Outputs{Loss: fresh().Loss, Grad: fresh().Grad})
				pairs("nothing", losses.Outputs{})
			}
		}
	}
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
