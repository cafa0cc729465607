package graph_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"softloss/graph"
	"softloss/losses"
)

// TestTraining fits a small model with Gorgonia's solvers: the loss goes down to where the classes
// are told apart.
func TestTraining(t *testing.T) {
	const n, k = 30, 3
	r := newRand(9)
	x, y := normals(r, n*2), make([]int, n)
	for i := range y {
		y[i] = i % k
		x[i*2] += 3 * float64(y[i])
		x[i*2+1] -= 2 * float64(y[i]*y[i])
	}
	for name, solver := range map[string]func() G.Solver{
		"vanilla": func() G.Solver { return G.NewVanillaSolver(G.WithLearnRate(0.3)) },
		"adam":    func() G.Solver { return G.NewAdamSolver(G.WithLearnRate(0.05)) },
	} {
		for loss, c := range map[string]losses.Criterion{"ce": losses.SoftLabelCriterion(0.1, losses.Mean),
			"mae": {Loss: losses.MAE{}}} {
			for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				t.Run(name+"/"+loss+"/"+dt.String(), func(t *testing.T) {
					first, last, logits := fit(t, c, solver(), dense(dt, x, n, 2), y, k)
					require.Less(t, last, first/2)
					right := 0
					for i := range y {
						if row := logits[i*k : (i+1)*k]; row[y[i]] == slices.Max(row) {
							right++
						}
					}
					require.GreaterOrEqual(t, right, n*9/10)
				})
			}
		}
	}
}

// fit takes 200 steps with a model of two layers and returns the first and the last loss, and the
// last logits.
func fit(t *testing.T, c losses.Criterion, solver G.Solver, x *tensor.Dense, y []int, classes int) (first, last float64,
	logits []float64) {
	g := G.NewGraph()
	z, weights := model(t, input(g, "x", x), 8, classes, 1, G.Tanh)
	cost := must(t)(graph.Apply(c, z, indexTensor(tensor.Int, y)))
	_, err := G.Grad(cost, weights...)
	require.NoError(t, err)
	var costValue, zValue G.Value
	G.Read(cost, &costValue)
	G.Read(z, &zValue)
	vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
	defer vm.Close()
	for i := range 200 {
		require.NoError(t, vm.RunAll())
		last = floats(t, costValue)[0]
		if i == 0 {
			first = last
		}
		require.NoError(t, solver.Step(G.NodesToValueGrads(weights)))
		vm.Reset()
	}
	return first, last, floats(t, zValue)
}
