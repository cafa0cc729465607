package losses_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

type torchCase struct {
	Target     string         `json:"target"`
	Smoothing  float64        `json:"label_smoothing"`
	None       numtest.Vector `json:"none"`
	Sum        float64        `json:"sum"`
	Mean       float64        `json:"mean"`
	GradMean   numtest.Matrix `json:"grad_mean"`
	Grad       numtest.Matrix `json:"grad"`        // of Σ upstream_rows·loss
	GradLabels numtest.Matrix `json:"grad_labels"` // likewise
}

type torchBatch struct {
	Name       string         `json:"name"`
	Logits     numtest.Matrix `json:"logits"`
	Soft       numtest.Matrix `json:"soft"`
	Loose      numtest.Matrix `json:"loose"`
	Index      []int          `json:"index"`
	Upstream   numtest.Matrix `json:"upstream"`
	Rows       numtest.Vector `json:"upstream_rows"`
	Cases      []torchCase    `json:"cases"`
	Softmax    numtest.Matrix `json:"softmax"`
	LogSoftmax numtest.Matrix `json:"log_softmax"`
	LogSumExp  numtest.Vector `json:"logsumexp"`
	SoftmaxVJP numtest.Matrix `json:"softmax_vjp"`
	LogVJP     numtest.Matrix `json:"log_softmax_vjp"`
	LSEVJP     numtest.Matrix `json:"logsumexp_vjp"`
}

type torchGolden struct {
	numtest.Provenance
	Batches []torchBatch `json:"batches"`
}

// TestGoldenTorch holds cross entropy against PyTorch's, whose own rounding is an
// ulp of the largest number that a value is made of: S for a gradient, the row's logits for a loss.
func TestGoldenTorch(t *testing.T) {
	var g torchGolden
	numtest.Golden(t, "crossentropy.json", &g)
	require.Len(t, g.Batches, 12)
	for _, b := range g.Batches {
		require.Len(t, b.Cases, 6)
		for _, c := range b.Cases {
			for _, dt := range floatDtypes {
				t.Run(fmt.Sprintf("%s/%s %v/%v", b.Name, c.Target, c.Smoothing, dt),
					func(t *testing.T) { torchCrossEntropy(t, b, c, dt) })
			}
		}
	}
}

func torchCrossEntropy(t *testing.T, b torchBatch, c torchCase, dt tensor.Dtype) {
	rtol, _ := goldenTolerance(dt)
	in := batch{dt: dt, n: b.Logits.N, k: b.Logits.K, z: b.Logits.Data, t: b.Soft.Data}
	switch c.Target {
	case "loose":
		in.t = b.Loose.Data
	case "index":
		in.index, in.t = b.Index, oneHot(in.k, b.Index...)
	}
	most := 1.0
	for i := range in.n {
		sum := 0.0
		for _, v := range in.t[i*in.k : (i+1)*in.k] {
			sum += v
		}
		most = math.Max(most, sum)
	}
	atol, lossAtol := most*epsilon(dt), 4*most*epsilon(tensor.Float64)

	crit := losses.Criterion{Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: c.Smoothing},
		Reduction: losses.Sum}
	near(t, "sum", in.eval(t, crit).loss, []float64{c.Sum}, rtol, lossAtol)
	crit.Reduction = losses.Mean
	r := in.eval(t, crit)
	near(t, "mean", r.loss, []float64{c.Mean}, rtol, lossAtol)
	near(t, "mean's gradient", r.grad, c.GradMean.Data, rtol, atol/float64(in.n))
	crit.Reduction = losses.None
	in.u = b.Rows
	r = in.eval(t, crit)
	near(t, "none", r.loss, c.None, rtol, lossAtol)
	upmost := 0.0
	for _, u := range b.Rows {
		upmost = math.Max(upmost, math.Abs(u))
	}
	near(t, "gradient", r.grad, c.Grad.Data, rtol, atol*upmost)
	if in.index == nil {
		near(t, "labels' gradient", r.tgrad, c.GradLabels.Data, rtol, lossAtol*upmost)
	}
	_, grad, err := crit.EvalGrad(dense(dt, in.z, in.n, in.k), in.target())
	require.NoError(t, err)
	in.u = nil
	same(t, "EvalGrad", values(grad), in.eval(t, crit).grad)
}
