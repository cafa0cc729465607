package losses_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
	"softloss/losses"
)

// peerCase is a call of another library's loss, and the criterion that it is here.
type peerCase struct {
	Name        string         `json:"name"`
	Logits      numtest.Matrix `json:"logits"`
	Labels      numtest.Matrix `json:"labels"`
	Index       []int          `json:"index"`
	Loss        string         `json:"loss"`
	Params      []float64      `json:"params"`
	Reduction   string         `json:"reduction"`
	Rule        string         `json:"rule"`
	Alpha       float64        `json:"alpha"`
	Weights     []float64      `json:"weights"`
	Ignore      []int          `json:"ignore"`
	Temperature float64        `json:"temperature"`
	Shift       []float64      `json:"shift"`
	ZLoss       float64        `json:"zloss"`
	Scale       float64        `json:"scale"`  // how many times ours the peer's number is; 0 means 1
	Splits      int            `json:"splits"` // predictions of the same rows
	Value       numtest.Vector `json:"value"`
	Grad        numtest.Matrix `json:"grad"` // of the sum of the values
	LabelsGrad  numtest.Matrix `json:"labels_grad"`
	Formula     string         `json:"formula"` // how its number follows from ours, in peerFormulas; none when it is ours
	Differs     string         `json:"differs"` // why, in words
}

type peerGolden struct {
	About    string            `json:"about"`
	Script   string            `json:"script"`
	Versions map[string]string `json:"versions"`
	Cases    []peerCase        `json:"cases"`
}

// TestGoldenPeers holds the family against PyTorch, fastai, Active-Passive-Losses, optax, Keras,
// timm and the bi-tempered loss in 40 digits: values and gradients.
func TestGoldenPeers(t *testing.T) {
	for peer, cases := range map[string]int{"torch": 162, "optax": 27, "keras": 63, "timm": 9} {
		var g peerGolden
		numtest.Golden(t, "peers_"+peer+".json", &g)
		require.Len(t, g.Cases, cases, peer)
		require.Equal(t, "testdata/make_peers_"+peer+".py", g.Script)
		require.NotEmpty(t, g.Versions)
		for _, c := range g.Cases {
			for _, dt := range floatDtypes {
				t.Run(peer+"/"+c.Name+"/"+dt.String(), func(t *testing.T) { c.test(t, dt) })
			}
		}
	}
}

// criterion is what the case is here.
func (c peerCase) criterion(t *testing.T) losses.Criterion {
	crit := losses.Criterion{Loss: c.loss(t), Reduction: reductionNamed(t, c.Reduction), ClassWeights: c.Weights,
		Ignore: c.Ignore, Temperature: c.Temperature, LogitShift: c.Shift, ZLoss: c.ZLoss}
	if c.Alpha != 0 {
		require.Equal(t, "uniform", c.Rule)
		crit.Smoothing = losses.Smoothing{Rule: losses.SmoothUniform, Alpha: c.Alpha}
	}
	return crit
}

func (c peerCase) loss(t *testing.T) losses.Loss {
	p := append(append([]float64(nil), c.Params...), nan, nan, nan)
	switch c.Loss {
	case "ce":
		return losses.CrossEntropy{}
	case "mae":
		return losses.MAE{}
	case "gce":
		return losses.GCE{Q: p[0]}
	case "focal":
		return losses.Focal{Gamma: p[0]}
	case "poly":
		return losses.Poly1{Epsilon: p[0]}
	case "nce":
		return losses.NCE{}
	case "rce":
		return losses.ReverseCrossEntropy{A: p[0]}
	case "sce":
		return losses.SymmetricCrossEntropy{Alpha: p[0], Beta: p[1], A: p[2]}
	case "nce+mae":
		return losses.WeightedSum{{Weight: p[0], Loss: losses.NCE{}}, {Weight: p[1], Loss: losses.MAE{}}}
	case "nce+rce":
		return losses.WeightedSum{{Weight: p[0], Loss: losses.NCE{}},
			{Weight: p[1], Loss: losses.ReverseCrossEntropy{A: p[2]}}}
	case "kl":
		return losses.KL{}
	case "penalty":
		return losses.ConfidencePenalty{Beta: p[0]}
	case "agce":
		return losses.AGCE{A: p[0], Q: p[1]}
	case "aul":
		return losses.AUL{A: p[0], Q: p[1]}
	case "ael":
		return losses.AEL{A: p[0]}
	case "asymmetric":
		return losses.Asymmetric{GammaPos: p[0], GammaNeg: p[1], Margin: p[2]}
	case "sparsemax":
		return losses.Sparsemax{}
	case "entmax15":
		return losses.Entmax15{}
	case "bitempered":
		return losses.BiTempered{T1: p[0], T2: p[1]}
	}
	require.Failf(t, "unknown loss", "%q", c.Loss)
	return nil
}

// batch is the case's data.
func (c peerCase) batch(dt tensor.Dtype) batch {
	return batch{dt: dt, n: c.Logits.N, k: c.Logits.K, z: c.Logits.Data, t: c.Labels.Data, index: c.Index}
}

func (c peerCase) test(t *testing.T, dt tensor.Dtype) {
	b := c.batch(dt)
	got := result{}
	if c.Formula == "" {
		got = b.eval(t, c.criterion(t))
		if f := c.Scale; f != 0 {
			got = result{loss: scaled(f, got.loss), grad: scaled(f, got.grad), tgrad: scaled(f, got.tgrad)}
		}
	} else {
		formula, ok := peerFormulas[c.Formula]
		require.True(t, ok, c.Formula)
		require.NotEmpty(t, c.Differs)
		got = formula(t, c, b)
	}
	// A value and a gradient are differences of numbers of the size of the largest one in them:
	// 1e-12 and 1e-6 are of that.
	rtol := 1e-12
	if dt == tensor.Float32 {
		rtol = 1e-6
	}
	size := math.Max(1, c.Scale)
	near(t, "value", got.loss, c.Value, rtol, rtol*size)
	near(t, "gradient", got.grad, c.Grad.Data, rtol, rtol*size)
	if c.LabelsGrad.Data != nil && got.tgrad != nil {
		near(t, "labels' gradient", got.tgrad, c.LabelsGrad.Data, rtol, rtol*size)
	}
}
