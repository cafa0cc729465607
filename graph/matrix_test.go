package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// matrixCriteria are the criteria of TestMatrix, without their reductions.
func matrixCriteria(k int) map[string]losses.Criterion {
	prior := make([]float64, k)
	for j := range prior {
		prior[j] = 2 * float64(j+1) / float64(k*(k+1))
	}
	return map[string]losses.Criterion{
		"ce":          {},
		"mae":         {Loss: losses.MAE{}},
		"ce-prior":    {Smoothing: losses.Smoothing{Alpha: 0.2, Prior: prior}},
		"ce-uniform":  {Smoothing: losses.Smoothing{Rule: losses.SmoothUniform, Alpha: 0.1}},
		"ce-notebook": losses.SoftLabelCriterion(0.3, losses.Mean),
		"probs":       {FromProbs: true},
		"user":        {Loss: brier{Scale: 1.5}},
	}
}

// matrixCase is one cell of TestMatrix.
type matrixCase struct {
	criterion  losses.Criterion
	logits     *tensor.Dense
	target     *tensor.Dense
	asTensor   bool // the target is given as a tensor, not as a node
	targetGrad bool
}

// want is what package losses says.
func (c matrixCase) want(t *testing.T, gradients bool) (r result) {
	n, dt := c.logits.Shape()[0], c.logits.Dtype()
	loss := tensor.New(tensor.FromScalar(0.0))
	if dt == tensor.Float32 {
		loss = tensor.New(tensor.FromScalar(float32(0)))
	}
	if c.criterion.Reduction == losses.None {
		loss = tensor.New(tensor.Of(dt), tensor.WithShape(n))
	}
	in := losses.Inputs{Logits: c.logits, Target: c.target}
	require.NoError(t, c.criterion.EvalInto(losses.Outputs{Loss: loss}, in))
	if loss.IsScalar() {
		r.loss = []float64{widen(t, loss.ScalarValue())}
	} else {
		r.loss = floats(t, loss)
	}
	if !gradients {
		return r
	}
	grad := tensor.New(tensor.Of(dt), tensor.WithShape(c.logits.Shape()...))
	require.NoError(t, c.criterion.EvalInto(losses.Outputs{Grad: grad}, in))
	r.grads = append(r.grads, floats(t, grad))
	if c.targetGrad {
		grad := tensor.New(tensor.Of(dt), tensor.WithShape(c.logits.Shape()...))
		require.NoError(t, c.criterion.EvalInto(losses.Outputs{TargetGrad: grad}, in))
		r.grads = append(r.grads, floats(t, grad))
	}
	return r
}

func (c matrixCase) build(t *testing.T) func(g *G.ExprGraph) problem {
	return func(g *G.ExprGraph) problem {
		logits := input(g, "logits", c.logits)
		p := problem{g: g, wrt: G.Nodes{logits}}
		var target graph.Target = c.target
		if !c.asTensor {
			n := input(g, "target", c.target)
			target = n
			if c.targetGrad {
				p.wrt = append(p.wrt, n)
			}
		}
		p.loss = must(t)(graph.ApplyWith(c.criterion, logits, target, graph.Options{TargetGrad: c.targetGrad}))
		p.cost = p.loss
		if c.criterion.Reduction == losses.None {
			p.cost = must(t)(G.Sum(p.loss))
		}
		return p
	}
}

// matrixLogits returns the logits (probabilities for probs) of a variant.
func matrixLogits(variant string, probs bool, n, k int) []float64 {
	r := newRand(uint64(100*n + k))
	if probs {
		x := probRows(r, n, k)
		if variant == "spike" {
			clear(x[:k])
			x[0] = 1
		}
		return x
	}
	x := normals(r, n*k)
	if variant == "spike" {
		x[0] = 1000
	}
	return x
}

// matrixLabels returns the soft labels of a variant.
func matrixLabels(variant string, n, k int) []float64 {
	x := softRows(newRand(uint64(7*n+k)), n, k)
	if variant == "mass" {
		for i := range x {
			x[i] *= 0.5 + float64(i%3)
		}
	}
	return x
}

// TestMatrix runs every kind of target through every criterion, reduction, shape, dtype and
// machine. Values and gradients are those of package losses, to the last bit.
func TestMatrix(t *testing.T) {
	type kind struct {
		name             string
		index            tensor.Dtype
		asTensor, labels bool
		targetGrad       bool
	}
	kinds := []kind{
		{name: "soft-node", labels: true},
		{name: "soft-node-grad", labels: true, targetGrad: true},
		{name: "soft-tensor", labels: true, asTensor: true},
		{name: "index-int", index: tensor.Int},
		{name: "index-int32", index: tensor.Int32},
		{name: "index-int64", index: tensor.Int64},
		{name: "index-tensor", index: tensor.Int, asTensor: true},
	}
	cases, shapes := 0, [][2]int{{4, 3}, {1, 3}, {4, 1}, {1, 1}, {64, 10}}
	if testing.Short() {
		shapes = shapes[:1]
	}
	for _, s := range shapes {
		n, k := s[0], s[1]
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
			for name, criterion := range matrixCriteria(k) {
				for _, criterion.Reduction = range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
					for _, kd := range kinds {
						for _, variant := range []string{"plain", "spike", "mass"} {
							if variant == "mass" && !kd.labels {
								continue // an index has no mass
							}
							c := matrixCase{criterion: criterion, asTensor: kd.asTensor, targetGrad: kd.targetGrad}
							c.logits = dense(dt, matrixLogits(variant, criterion.FromProbs, n, k), n, k)
							if kd.labels {
								c.target = dense(dt, matrixLabels(variant, n, k), n, k)
							} else {
								c.target = indexTensor(kd.index, classes(newRand(uint64(n)), n, k))
							}
							for m := range modes {
								at := fmt.Sprintf("%v (%d,%d) %v %s %v %s %s", m, n, k, dt, name, criterion.Reduction,
									kd.name, variant)
								want, got := c.want(t, m != value), run(t, m, c.build(t))
								requireClose(t, want.loss, got.loss, 0, 0, "loss, %s", at)
								require.Len(t, got.grads, len(want.grads), at)
								for i := range want.grads {
									requireClose(t, want.grads[i], got.grads[i], 0, 0, "gradient %d, %s", i, at)
								}
								cases++
							}
						}
					}
				}
			}
		}
	}
	// shapes, 2 dtypes, 7 criteria, 3 reductions, 4 modes; 3 kinds of labels in 3
	// variants and 4 kinds of index in 2.
	require.Equal(t, len(shapes)*2*7*3*4*(3*3+4*2), cases)
}
