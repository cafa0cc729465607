package losses_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// classifierCase is a peer's call of a loss of yes-or-no questions, with margins or of a sparse
// map, or of such a map.
type classifierCase struct {
	peerCase
	Link      string         `json:"link"`
	PosWeight []float64      `json:"pos_weight"`
	Margins   []float64      `json:"margins"`
	Angle     float64        `json:"angle"`
	Samples   numtest.Matrix `json:"samples"` // weights of the elements
	Classes   []int          `json:"classes"` // what the labels are the cumulative ones of
	Map       string         `json:"map"`     // then the labels are an upstream
}

// functionCase is a peer's weights, margins or labels.
type functionCase struct {
	Name     string         `json:"name"`
	Function string         `json:"function"`
	Counts   []float64      `json:"counts"`
	Index    []int          `json:"index"`
	Params   []float64      `json:"params"`
	Value    numtest.Vector `json:"value"`
}

// TestGoldenClassifiers holds binary, multi-label, ordinal, margin, robust and sparse losses
// against PyTorch, timm, Keras, optax, pytorch-metric-learning, coral-pytorch, entmax and the
// formulas of their authors: values and gradients.
func TestGoldenClassifiers(t *testing.T) {
	var g struct {
		peerGolden
		Cases     []classifierCase `json:"cases"`
		Functions []functionCase   `json:"functions"`
	}
	numtest.Golden(t, "peers_classifiers.json", &g)
	require.Equal(t, 222, len(g.Cases))
	require.Equal(t, 14, len(g.Functions))
	require.Equal(t, "testdata/make_peers_classifiers.py", g.Script)
	require.NotEmpty(t, g.Versions)
	for _, c := range g.Cases {
		for _, dt := range floatDtypes {
			t.Run(c.Name+"/"+dt.String(), func(t *testing.T) { c.test(t, dt) })
		}
	}
	for _, f := range g.Functions {
		t.Run(f.Name, f.test)
	}
}

func (c classifierCase) test(t *testing.T, dt tensor.Dtype) {
	n, k := c.Logits.N, c.Logits.K
	z := dense(dt, c.Logits.Data, n, k)
	if c.Map != "" {
		c.testMap(t, z, dense(dt, c.Labels.Data, n, k))
		return
	}
	crit := c.criterion(t)
	crit.PosWeight, crit.Margins, crit.AngularMargin = c.PosWeight, c.Margins, c.Angle
	out := losses.Outputs{Loss: dense(dt, []float64{nan}), Grad: dense(dt, make([]float64, n*k), n, k)}
	if crit.Reduction == losses.None {
		out.Loss = dense(dt, make([]float64, n), n)
	}
	if c.Link == "sigmoid" {
		if crit.Link = losses.SigmoidLink; crit.Reduction == losses.None {
			out.Loss = dense(dt, make([]float64, n*k), n, k)
		}
	}
	in := losses.Inputs{Logits: z, Target: c.batch(dt).target()}
	if c.Samples.N > 0 {
		in.SampleWeights = dense(dt, c.Samples.Data, n, k)
	}
	if c.LabelsGrad.Data != nil {
		out.TargetGrad = dense(dt, make([]float64, n*k), n, k)
	}
	require.NoError(t, crit.EvalInto(out, in))
	f := max(c.Scale, 1)
	size := f
	if c.Temperature > 0 {
		size = max(size, 1/c.Temperature)
	}
	c.near(t, "value", out.Loss, f, c.Value, size)
	c.near(t, "gradient", out.Grad, f, c.Grad.Data, size)
	if out.TargetGrad != nil {
		c.near(t, "labels' gradient", out.TargetGrad, f, c.LabelsGrad.Data, size)
	}
	if c.Classes != nil {
		levels, err := losses.CumulativeLabels(indices(tensor.Int, c.Classes...), k+1, dt)
		require.NoError(t, err)
		same(t, "levels", values(levels), c.Labels.Data)
	}
}

// near holds f times what came out against want, with a tolerance relative to size too.
func (c classifierCase) near(t *testing.T, what string, got *tensor.Dense, f float64, want []float64, size float64) {
	rtol := 1e-12
	if got.Dtype() == tensor.Float32 {
		rtol = 1e-6
	}
	near(t, what, scaled(f, values(got)), want, rtol, rtol*size)
}

// testMap holds a sparse map and the gradient of Σ upstream·p against the peer's.
func (c classifierCase) testMap(t *testing.T, z, upstream *tensor.Dense) {
	m := map[string]losses.RowMap{"sparsemax": losses.SparsemaxMap(), "entmax15": losses.Entmax15Map()}[c.Map]
	p, err := m.Apply(z)
	require.NoError(t, err)
	g, err := m.Grad(z, upstream)
	require.NoError(t, err)
	c.near(t, "value", p, 1, c.Value, 1)
	c.near(t, "gradient", g, 1, c.Grad.Data, 1)
}

func (f functionCase) test(t *testing.T) {
	classes := 6
	var got []float64
	var err error
	var labels *tensor.Dense
	switch f.Function {
	case "EffectiveNumberWeights":
		got, err = losses.EffectiveNumberWeights(f.Counts, f.Params[0])
	case "LDAMMargins":
		got, err = losses.LDAMMargins(f.Counts, f.Params[0])
	case "CumulativeLabels":
		labels, err = losses.CumulativeLabels(indices(tensor.Int, f.Index...), classes, tensor.Float64)
	case "OrdinalLabels":
		labels, err = losses.OrdinalLabels(indices(tensor.Int, f.Index...), classes, tensor.Float64)
	default:
		require.Fail(t, "unknown function", f.Function)
	}
	require.NoError(t, err)
	if labels != nil {
		got = values(labels)
	}
	near(t, f.Name, got, f.Value, 1e-12, 0)
}
