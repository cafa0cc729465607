package losses_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

type notebookCase struct {
	Function string         `json:"function"`
	Labels   string         `json:"labels"`
	Alpha    float64        `json:"alpha"`
	Out      numtest.Matrix `json:"labels_out"`
	None     numtest.Vector `json:"none"`
	Sum      float64        `json:"sum"`
	Mean     float64        `json:"mean"`
	Grad     numtest.Matrix `json:"grad"` // of the sum
}

type notebookGolden struct {
	numtest.Provenance
	Logits  numtest.Matrix `json:"logits"`
	Soft    numtest.Matrix `json:"soft"`
	OneHot  numtest.Matrix `json:"one_hot"`
	Index   []int          `json:"index"`
	Softmax numtest.Matrix `json:"softmax"`
	LogP    numtest.Matrix `json:"log_softmax"`
	Cases   []notebookCase `json:"cases"`
}

// goldenTolerance: 1e-12 in float64, 1e-6 in float32, relative. Where a label and a probability of
// size 1 cancel, float32 leaves the rounding of the two, half an ulp each.
func goldenTolerance(dt tensor.Dtype) (rtol, atol float64) {
	if dt == tensor.Float32 {
		return 1e-6, 0x1p-24
	}
	return 1e-12, 0x1p-53
}

func TestGoldenNotebook(t *testing.T) {
	var g notebookGolden
	numtest.Golden(t, "notebook.json", &g)
	require.Len(t, g.Cases, 142)
	for _, dt := range floatDtypes {
		rtol, atol := goldenTolerance(dt)
		logits := dense(dt, g.Logits.Data, 3, 5)
		p, err := losses.Softmax(logits)
		require.NoError(t, err)
		near(t, "softmax", values(p), g.Softmax.Data, rtol, 0)
		l, err := losses.LogSoftmax(logits)
		require.NoError(t, err)
		near(t, "log-softmax", values(l), g.LogP.Data, rtol, 0)
		for _, c := range g.Cases {
			name := fmt.Sprintf("%v %s %s %v", dt, c.Function, c.Labels, c.Alpha)
			labels := dense(dt, g.OneHot.Data, 3, 5)
			switch c.Labels {
			case "soft":
				labels = dense(dt, g.Soft.Data, 3, 5)
			case "index":
				labels = indices(tensor.Int, g.Index...)
			}
			if c.Out.N > 0 {
				got, err := losses.SmoothSoftLabels(labels, c.Alpha)
				require.NoError(t, err, name)
				near(t, name, values(got), c.Out.Data, rtol, 0)
				continue
			}
			first := logits
			if c.Function == "soft_label_cross_entropy" {
				first = dense(dt, g.Softmax.Data, 3, 5)
			}
			notebookFunction(t, name, c, first, labels, rtol)
			notebookCriterion(t, name, c, first, labels, rtol, atol)
		}
	}
}

// want is the golden loss with a reduction.
func (c notebookCase) want(r losses.Reduction) []float64 {
	switch r {
	case losses.None:
		return c.None
	case losses.Sum:
		return []float64{c.Sum}
	}
	return []float64{c.Mean}
}

// notebookFunction goes through the function of the notebook's name.
func notebookFunction(t *testing.T, name string, c notebookCase, first, labels *tensor.Dense, rtol float64) {
	for _, r := range reductions {
		var got *tensor.Dense
		var err error
		switch c.Function {
		case "soft_label_cross_entropy_with_logits":
			got, err = losses.SoftLabelCrossEntropyWithLogits(first, labels, c.Alpha, r)
		case "soft_label_cross_entropy":
			got, err = losses.SoftLabelCrossEntropy(first, labels, c.Alpha, r)
		case "label_smoothing_cross_entropy":
			got, err = losses.LabelSmoothingCrossEntropy(first, labels, c.Alpha, r)
		case "classification_mae_with_logits":
			got, err = losses.ClassificationMAEWithLogits(first, labels, r)
		default:
			require.Fail(t, "unknown function", c.Function)
		}
		require.NoError(t, err, name)
		near(t, fmt.Sprint(name, " ", r), values(got), c.want(r), rtol, 0)
	}
}

// notebookCriterion goes through Eval, EvalGrad and EvalInto.
func notebookCriterion(t *testing.T, name string, c notebookCase, first, labels *tensor.Dense, rtol, atol float64) {
	crit := losses.SoftLabelCriterion(c.Alpha, losses.Mean)
	switch c.Function {
	case "soft_label_cross_entropy":
		crit.FromProbs = true
	case "label_smoothing_cross_entropy":
		crit.Smoothing.Rule = losses.SmoothUniform
	case "classification_mae_with_logits":
		crit = losses.Criterion{Loss: losses.MAE{}}
	}
	dt := first.Dtype()
	for _, r := range reductions {
		crit.Reduction = r
		wantGrad := c.Grad.Data
		if r == losses.Mean {
			wantGrad = scaled(1./3, wantGrad)
		}
		if crit.FromProbs {
			atol = 0 // t/p does not cancel
		}
		shape := []int{}
		if r == losses.None {
			shape = []int{3}
		}
		loss, err := crit.Eval(first, labels)
		require.NoError(t, err, name)
		near(t, name+" Eval", values(loss), c.want(r), rtol, 0)
		loss, grad, err := crit.EvalGrad(first, labels)
		require.NoError(t, err, name)
		near(t, name+" EvalGrad loss", values(loss), c.want(r), rtol, 0)
		near(t, name+" EvalGrad grad", values(grad), wantGrad, rtol, atol)
		require.Equal(t, tensor.Shape{3, 5}, grad.Shape())
		require.Equal(t, len(shape), loss.Dims())
		require.Equal(t, dt, loss.Dtype())
		out := losses.Outputs{Loss: dense(dt, []float64{nan, nan, nan}, shape...),
			Grad: dense(dt, repeat(15, func(int) float64 { return nan }), 3, 5)}
		require.NoError(t, crit.EvalInto(out, losses.Inputs{Logits: first, Target: labels}), name)
		near(t, name+" EvalInto loss", values(out.Loss), c.want(r), rtol, 0)
		near(t, name+" EvalInto grad", values(out.Grad), wantGrad, rtol, atol)
	}
}
