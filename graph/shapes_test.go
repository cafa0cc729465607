package graph_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// everyInt are the element types of an index.
var everyInt = []any{int(0), int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0)}

// intsLike returns an index of the type of like; without a shape a scalar.
func intsLike(like any, y []int, shape ...int) *tensor.Dense {
	of := reflect.TypeOf(like)
	s := reflect.MakeSlice(reflect.SliceOf(of), len(y), len(y))
	for i := range y {
		s.Index(i).Set(reflect.ValueOf(y[i]).Convert(of))
	}
	if len(shape) == 0 {
		return tensor.New(tensor.FromScalar(s.Index(0).Interface()))
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(s.Interface()))
}

// anyInput is input for tensors that may be scalars.
func anyInput(g *G.ExprGraph, name string, v *tensor.Dense) *G.Node {
	if v.Dims() == 0 {
		return G.NewScalar(g, v.Dtype(), G.WithName(name), G.WithValue(v.ScalarValue()))
	}
	return input(g, name, v)
}

// shapedInputs are logits of a shape with the targets and weights that package losses takes for
// them.
type shapedInputs struct {
	logits  tensor.Shape
	targets []*tensor.Dense
	weights []*tensor.Dense // nil for none
}

// everyShape returns inputs of every rank.
func everyShape(r *rand.Rand) []shapedInputs {
	weight := func(shape ...int) *tensor.Dense {
		x := make([]float64, max(1, tensor.Shape(shape).TotalSize()))
		for i := range x {
			x[i] = float64(i + 2)
		}
		return f64(x, shape...)
	}
	return []shapedInputs{
		{tensor.Shape{4},
			[]*tensor.Dense{f64(softRows(r, 1, 4), 4), intsLike(0, []int{2}), intsLike(0, []int{2}, 1),
				intsLike(int32(0), []int{3}), intsLike(int64(0), []int{0}), intsLike(uint8(0), []int{1})},
			[]*tensor.Dense{nil, weight(), weight(1)}},
		{tensor.Shape{1}, []*tensor.Dense{f64([]float64{1}, 1), intsLike(0, []int{0}), intsLike(0, []int{0}, 1)},
			[]*tensor.Dense{nil, weight(1)}},
		{tensor.Shape{3, 4},
			[]*tensor.Dense{f64(softRows(r, 3, 4), 3, 4), intsLike(0, []int{2, 0, 3}, 3),
				intsLike(0, []int{2, 0, 3}, 3, 1)},
			[]*tensor.Dense{nil, weight(3), weight(3, 1)}},
		{tensor.Shape{3, 1}, []*tensor.Dense{f64([]float64{1, .5, 1}, 3, 1), intsLike(0, make([]int, 3), 3)},
			[]*tensor.Dense{nil, weight(3)}},
		{tensor.Shape{2, 3, 4},
			[]*tensor.Dense{f64(softRows(r, 6, 4), 2, 3, 4), intsLike(0, []int{2, 0, 3, 1, 1, 0}, 2, 3),
				intsLike(uint8(0), []int{2, 0, 3, 1, 1, 0}, 2, 3, 1)},
			[]*tensor.Dense{nil, weight(2, 3)}},
	}
}

// TestShapes holds losses on logits of every rank, with every shape of target and weights that
// package losses takes, as tensors and as nodes, on every machine, against package losses.
func TestShapes(t *testing.T) {
	r := newRand(7)
	cases := 0
	for _, s := range everyShape(r) {
		z := f64(normals(r, s.logits.TotalSize()), s.logits...)
		for _, target := range s.targets {
			for _, w := range s.weights {
				for _, c := range []losses.Criterion{{}, {Reduction: losses.None},
					{Loss: losses.MAE{}, Reduction: losses.WeightedMean}} {
					for _, m := range gradModes {
						for _, asNode := range []bool{false, true} {
							sameGrad(t, c, m, z, target, w, asNode)
							cases++
						}
					}
				}
			}
		}
	}
	require.Equal(t, 3*3*2*(6*3+3*2+3*3+2*2+3*2), cases)
}

// sameGrad holds the gradient by the logits of a run against package losses; asNode says that the
// target is a node.
func sameGrad(t *testing.T, c losses.Criterion, m mode, z, target, w *tensor.Dense, asNode bool) {
	what := fmt.Sprintf("%v target %v %v weights %v %v %v node=%t", z.Shape(), target.Dtype(), target.Shape(), w, c.Key(),
		m, asNode)
	grad := f64(make([]float64, z.Shape().TotalSize()), z.Shape()...)
	in := losses.Inputs{Logits: z, Target: target}
	if w != nil {
		in.SampleWeights = w
	}
	require.NoError(t, c.EvalInto(losses.Outputs{Grad: grad}, in), what)
	got := run(t, m, func(g *G.ExprGraph) problem {
		x, o := input(g, "z", z), graph.Options{}
		if w != nil {
			o.SampleWeights = anyInput(g, "w", w)
		}
		var y graph.Target = target
		if asNode {
			y = anyInput(g, "y", target)
		}
		l := must(t)(graph.ApplyWith(c, x, y, o))
		cost := l
		if !l.IsScalar() {
			cost = must(t)(G.Sum(l))
		}
		return problem{g: g, loss: l, cost: cost, wrt: G.Nodes{x}}
	})
	requireClose(t, floats(t, grad), got.grads[0], 1e-15, 0, "%s", what)
}

// TestGradsOfOneRow has gradients by labels and by sample weights of one row, a vector, where the
// weight is a scalar.
func TestGradsOfOneRow(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float64, tensor.Float32} {
		z, y, w := dense(dt, []float64{1, 2, 0.5}, 3), dense(dt, []float64{0.25, 0.5, 0.25}, 3), dense(dt, []float64{2})
		for _, c := range []losses.Criterion{{}, {Reduction: losses.None}} {
			yGrad, wGrad := dense(dt, make([]float64, 3), 3), dense(dt, make([]float64, 1))
			require.NoError(t, c.EvalInto(losses.Outputs{TargetGrad: yGrad, WeightGrad: wGrad},
				losses.Inputs{Logits: z, Target: y, SampleWeights: w}))
			for _, m := range gradModes {
				got := run(t, m, func(g *G.ExprGraph) problem {
					zn, yn, wn := input(g, "z", z), input(g, "y", y), anyInput(g, "w", w)
					o := graph.Options{SampleWeights: wn, TargetGrad: true, WeightGrad: true}
					l := must(t)(graph.ApplyWith(c, zn, yn, o))
					return problem{g: g, loss: l, cost: l, wrt: G.Nodes{zn, yn, wn}}
				})
				requireClose(t, floats(t, yGrad), got.grads[1], 1e-15, 0, "labels %v %v %v", dt, c.Reduction, m)
				requireClose(t, []float64{widen(t, wGrad.ScalarValue())}, got.grads[2], 1e-15, 0, "weight %v %v %v",
					dt, c.Reduction, m)
			}
		}
	}
}

// TestIndexTypes has class numbers of every integer type, as bytes that MNIST's readers give, as
// tensors and as nodes.
func TestIndexTypes(t *testing.T) {
	z := f64(normals(newRand(3), 6), 2, 3)
	_, want, err := losses.Criterion{}.EvalGrad(z, intsLike(0, []int{2, 1}, 2))
	require.NoError(t, err)
	for _, like := range everyInt {
		for _, m := range gradModes {
			for _, asNode := range []bool{false, true} {
				for _, shape := range [][]int{{2}, {2, 1}} {
					got := run(t, m, func(g *G.ExprGraph) problem {
						x, index := input(g, "z", z), intsLike(like, []int{2, 1}, shape...)
						var y graph.Target = index
						if asNode {
							y = input(g, "y", index)
						}
						l := must(t)(graph.Apply(losses.Criterion{}, x, y))
						return problem{g: g, loss: l, cost: l, wrt: G.Nodes{x}}
					})
					requireClose(t, floats(t, want), got.grads[0], 0, 0, "%T %v %v", like, shape, m)
				}
			}
		}
	}
}

// TestRowNodeRanks holds the functions of rows, on every machine, for a vector and for rows in more
// ranks than two.
func TestRowNodeRanks(t *testing.T) {
	for _, s := range []tensor.Shape{{4}, {1}, {2, 3, 4}, {2, 1, 2, 4}} {
		k := s[len(s)-1]
		x := f64(softRows(newRand(5), s.TotalSize()/k, k), s...)
		for name, c := range map[string]struct {
			f func(*G.Node) (*G.Node, error)
			m losses.RowMap
		}{
			"softmax":   {graph.Softmax, losses.SoftmaxMap()},
			"log":       {graph.LogSoftmax, losses.LogSoftmaxMap()},
			"logsumexp": {graph.LogSumExp, losses.LogSumExpMap()},
			"sparsemax": {graph.SparsemaxProbs, losses.SparsemaxMap()},
			"entmax15":  {graph.Entmax15Probs, losses.Entmax15Map()},
			"smooth": {func(n *G.Node) (*G.Node, error) { return graph.Smooth(losses.Smoothing{Alpha: 0.3}, n) },
				losses.Smoothing{Alpha: 0.3}.Map()},
		} {
			y, err := c.m.Apply(x)
			require.NoError(t, err, "%s %v", name, s)
			twice := make([]float64, y.Shape().TotalSize())
			for i, v := range floats(t, y) {
				twice[i] = 2 * v
			}
			want, err := c.m.Grad(x, f64(twice, y.Shape()...))
			require.NoError(t, err, "%s %v", name, s)
			for _, m := range gradModes {
				got := run(t, m, func(g *G.ExprGraph) problem {
					n := input(g, "x", x)
					y := must(t)(c.f(n))
					cost := must(t)(G.Square(y))
					if !cost.IsScalar() {
						cost = must(t)(G.Sum(cost))
					}
					return problem{g: g, loss: y, cost: cost, wrt: G.Nodes{n}}
				})
				requireClose(t, floats(t, y), got.loss, 0, 0, "%s %v %v", name, s, m)
				requireClose(t, floats(t, want), got.grads[0], 1e-14, 1e-15, "gradient of %s %v %v", name, s, m)
			}
		}
	}
}

// TestDivergenceRanks does the same for the Jensen-Shannon divergence.
func TestDivergenceRanks(t *testing.T) {
	for _, s := range []tensor.Shape{{3}, {2, 3}, {2, 2, 3}} {
		a, b := f64(normals(newRand(1), s.TotalSize()), s...), f64(normals(newRand(2), s.TotalSize()), s...)
		for _, reduction := range []losses.Reduction{losses.Mean, losses.None} {
			want, grads, err := losses.JensenShannonGrad([]tensor.Tensor{a, b}, nil, reduction)
			require.NoError(t, err)
			for _, m := range gradModes {
				got := run(t, m, func(g *G.ExprGraph) problem {
					in := G.Nodes{input(g, "a", a), input(g, "b", b)}
					l := must(t)(graph.JensenShannon(in, reduction))
					cost := l
					if !l.IsScalar() {
						cost = must(t)(G.Sum(l))
					}
					return problem{g: g, loss: l, cost: cost, wrt: in}
				})
				require.Len(t, got.loss, max(1, want.Shape().TotalSize()))
				requireClose(t, floats(t, grads[1]), got.grads[1], 1e-14, 1e-16, "%v %v %v", s, reduction, m)
			}
		}
	}
}
