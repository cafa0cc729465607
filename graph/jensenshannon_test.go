package graph_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// TestJensenShannon: value and gradients on both machines are those of package losses, times an
// upstream gradient.
func TestJensenShannon(t *testing.T) {
	for _, reduction := range []losses.Reduction{losses.Mean, losses.Sum, losses.None} {
		for _, lisp := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v lisp=%t", reduction, lisp), func(t *testing.T) {
				g := G.NewGraph()
				var nodes G.Nodes
				var values []tensor.Tensor
				for i := range 3 {
					x := make([]float64, 8)
					for j := range x {
						x[j] = float64((i+2)*(j*7%5)) / 3
					}
					v := tensor.New(tensor.WithShape(2, 4), tensor.WithBacking(x))
					values = append(values, v)
					nodes = append(nodes,
						G.NewMatrix(g, tensor.Float64, G.WithShape(2, 4), G.WithName(fmt.Sprint("z", i)),
							G.WithValue(v)))
				}
				loss, err := graph.JensenShannon(nodes, reduction)
				require.NoError(t, err)
				cost := loss
				var up tensor.Tensor = tensor.New(tensor.FromScalar(3.0))
				if reduction == losses.None {
					cost = G.Must(G.Sum(loss))
					up = tensor.New(tensor.WithShape(2), tensor.WithBacking([]float64{3, 3}))
				}
				cost = G.Must(G.Mul(cost, G.NewScalar(g, tensor.Float64, G.WithName("three"), G.WithValue(3.0))))
				var read G.Value
				G.Read(loss, &read)
				wantLoss, wantGrads, err := losses.JensenShannonGrad(values, up, reduction)
				require.NoError(t, err)
				var vm G.VM
				if lisp {
					vm = G.NewLispMachine(g)
				} else {
					_, err = G.Grad(cost, nodes...)
					require.NoError(t, err)
					vm = G.NewTapeMachine(g, G.BindDualValues(nodes...))
				}
				require.NoError(t, vm.RunAll())
				if reduction == losses.None {
					assert.Equal(t, wantLoss.Data(), read.Data())
				} else {
					assert.Equal(t, wantLoss.Float64s()[0], read.Data())
				}
				for i, n := range nodes {
					got, err := n.Grad()
					require.NoError(t, err)
					assert.InDeltaSlice(t, wantGrads[i].Float64s(), got.Data(), 1e-15, "prediction %d", i)
				}
			})
		}
	}
}

func TestJensenShannonErrors(t *testing.T) {
	g := G.NewGraph()
	z := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 4), G.WithName("z"))
	y := G.NewMatrix(g, tensor.Float64, G.WithShape(2, 3), G.WithName("y"))
	other := G.NewMatrix(G.NewGraph(), tensor.Float64, G.WithShape(2, 4), G.WithName("o"))
	for _, c := range []struct {
		nodes G.Nodes
		want  error
	}{
		{G.Nodes{z}, losses.ErrParam},
		{G.Nodes{z, z}, graph.ErrNode},
		{G.Nodes{z, nil}, graph.ErrNode},
		{G.Nodes{z, G.NewConstant(1.0)}, graph.ErrNode},
		{G.Nodes{z, other}, graph.ErrNode},
		{G.Nodes{z, y}, losses.ErrShape},
	} {
		_, err := graph.JensenShannon(c.nodes, losses.Mean)
		assert.ErrorIs(t, err, c.want)
	}
	_, err := graph.JensenShannon(G.Nodes{z, must(t)(graph.Softmax(z))}, losses.Mean)
	assert.ErrorContains(t, err, "(drop it)")
	assert.NotContains(t, err.Error(), "FromProbs")
}

// TestJensenShannonInOnePass: the gradients of a run are computed with the first of them. What the
// logits become before the second is asked for does not show in it, but in the next run's.
func TestJensenShannonInOnePass(t *testing.T) {
	g := G.NewGraph()
	nodes := G.Nodes{input(g, "a", f64([]float64{1, 2, 3}, 1, 3)), input(g, "b", f64([]float64{3, 0, 1}, 1, 3))}
	loss := must(t)(graph.JensenShannon(nodes, losses.Mean))
	grads, err := G.Grad(loss, nodes...)
	require.NoError(t, err)
	logits := []tensor.Tensor{nodes[0].Value().(*tensor.Dense), nodes[1].Value().(*tensor.Dense)}
	in := []G.Value{nodes[0].Value(), nodes[1].Value()}
	run := func(between func()) []float64 {
		value, err := loss.Op().Do(in...)
		require.NoError(t, err)
		in := append(in[:2:2], value, G.NewF64(1))
		_, err = grads[0].Op().Do(in...)
		require.NoError(t, err)
		between()
		second, err := grads[1].Op().Do(in...)
		require.NoError(t, err)
		return floats(t, second)
	}
	want := func() []float64 {
		_, grads, err := losses.JensenShannonGrad(logits, nil, losses.Mean)
		require.NoError(t, err)
		return grads[1].Float64s()
	}
	before := want()
	assert.Equal(t, before, run(func() { logits[0].(*tensor.Dense).Float64s()[0]++ }))
	assert.NotEqual(t, before, want())
	assert.Equal(t, want(), run(func() {}))
}
