package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
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

// TestFiniteDifferences holds the gradients by logits and labels against central
// differences, with rows that are sure and right, and sure and wrong.
func TestFiniteDifferences(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		if dt != tensor.Float64 {
			t.Skip("differences need float64; TestFloat32 compares the two")
		}
		b := randomBatch(c, dt, 5, 11)
		b.saturate(1, 2)
		b.saturate(2, 4)
		copy(b.t[b.k:], []float64{.01, .01, .96, .01, .01})     // right
		copy(b.t[2*b.k:], []float64{.01, .01, .03, .94, .01})   // wrong
		copy(b.t[3*b.k:], []float64{.016, .71, .03, .017, .04}) // below the notebook's cut
		b.u = repeat(upstreams(c, b.n), func(i int) float64 { return 1.5 - float64(i%2) })
		got := b.eval(t, c)
		byLogits := numtest.NumGrad(func(z []float64) float64 {
			at := b
			at.z = z
			return at.cost(t, c)
		}, b.z)
		near(t, "by logits", got.grad, byLogits, 1e-8, 1e-10)
		byLabels := numtest.NumGrad(func(labels []float64) float64 {
			at := b
			at.t = labels
			return at.cost(t, c)
		}, b.t)
		near(t, "by labels", got.tgrad, byLabels, 1e-8, 1e-10)
		moved := 0.0
		for _, g := range got.grad[b.k : 3*b.k] {
			moved = math.Max(moved, math.Abs(g))
		}
		require.Greater(t, moved, 1e-8, "the saturated rows' gradients are below the tolerance")
	})
}

// TestGradientSumsToZero: the softmax does not change along z + c.
func TestGradientSumsToZero(t *testing.T) {
	eachCriterion(t, func(t *testing.T, c losses.Criterion, dt tensor.Dtype) {
		b := randomBatch(c, dt, 6, 12)
		b.saturate(1, 2)
		got := b.eval(t, c)
		require.NotEqual(t, make([]float64, len(got.grad)), got.grad)
		for i := range b.n {
			sum, size := 0.0, 0.0
			for _, g := range got.grad[i*b.k : (i+1)*b.k] {
				sum += g
				size += math.Abs(g)
			}
			// S p - t carries the rounding of its terms, of size u s S, into gradients that may be smaller.
			u := math.Abs(perRow(b.u, b.n)[i]) * b.s[i] * 5
			near(t, "Σ_j dL/dz_j", []float64{sum}, []float64{0}, 0, 2*epsilon(dt)*math.Max(size, u))
		}
	})
}

// TestUpstream: gradients are multiplied by the upstream, one for all rows or one a row; the loss is not.
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
			for _, p := range []struct{ got, want *tensor.Dense }{{out.Loss, all.Loss}, {out.Grad, all.Grad}, {out.TargetGrad, all.TargetGrad}} {
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

// TestMathNumbers are the numbers of the definitions, computed with PyTorch in float64.
func TestMathNumbers(t *testing.T) {
	b := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, index: []int{0, 1, 3}}
	soft := batch{dt: tensor.Float64, n: 3, k: 5, z: notebookLogits, t: notebookSmooth}
	none := func(l losses.Loss) losses.Criterion { return losses.Criterion{Loss: l, Reduction: losses.None} }

	near(t, "gce", b.eval(t, none(GCE{Q: .7})).loss, []float64{.07630801022041375, .051718050188421, 1.1718246900572893}, 1e-14, 0)
	near(t, "mae soft", soft.eval(t, none(losses.MAE{})).loss, []float64{.187540531975636, .605535413495940, 1.227742911127463}, 1e-14, 0)
	uniform := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .1}}
	near(t, "uniform .1", b.eval(t, uniform).loss, []float64{1.127671159657187}, 1e-14, 0)
	uniform = losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: .2}, Reduction: losses.None}
	require.Equal(t, "1.1584, 1.8127, 2.0519", printed("%.4f", soft.eval(t, uniform).loss))

	// The gradient of |dL/dz|² for z = (1,2,3), t = (.5,.2,.1), from first-order results: the
	// Hessian-vector product of LogSoftmaxGrad, (S p - t) in z and label space, by differences.
	one := batch{dt: tensor.Float64, n: 1, k: 3, z: []float64{1, 2, 3}, t: []float64{.5, .2, .1}}
	square := func(b batch) float64 {
		sum := 0.0
		for _, g := range b.eval(t, none(nil)).grad {
			sum += g * g
		}
		return sum
	}
	inZ := numtest.NumGrad(func(z []float64) float64 { b := one; b.z = z; return square(b) }, one.z)
	near(t, "second order, z", inZ, []float64{-.097366, -.098740, .196106}, 0, 5.1e-7)
	inT := numtest.NumGrad(func(l []float64) float64 { b := one; b.t = l; return square(b) }, one.t)
	near(t, "second order, t", inT, []float64{1.351850, .504333, -.368487}, 0, 5.1e-7)
}
