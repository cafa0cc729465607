package graph_test

import (
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
	const n, d, k = 30, 2, 3
	r := newRand(9)
	x, y := normals(r, n*d), make([]int, n)
	for i := range y {
		y[i] = i % k
		x[i*d] += 3 * float64(y[i])
		x[i*d+1] -= 2 * float64(y[i]*y[i])
	}
	for name, solver := range map[string]func() G.Solver{
		"vanilla": func() G.Solver { return G.NewVanillaSolver(G.WithLearnRate(0.3)) },
		"adam":    func() G.Solver { return G.NewAdamSolver(G.WithLearnRate(0.05)) },
	} {
		for loss, c := range map[string]losses.Criterion{"ce": losses.SoftLabelCriterion(0.1, losses.Mean),
			"mae": {Loss: losses.MAE{}}} {
			for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64} {
				t.Run(name+"/"+loss+"/"+dt.String(), func(t *testing.T) {
					g := G.NewGraph()
					logits, weights := model(t, input(g, "x", dense(dt, x, n, d)), 8, k, 1, G.Tanh)
					cost := must(t)(graph.Apply(c, logits, indexTensor(tensor.Int, y)))
					_, err := G.Grad(cost, weights...)
					require.NoError(t, err)
					var value, z G.Value
					G.Read(cost, &value)
					G.Read(logits, &z)
					vm := G.NewTapeMachine(g, G.BindDualValues(weights...))
					defer vm.Close()
					s := solver()
					var first, last float64
					for i := range 200 {
						require.NoError(t, vm.RunAll())
						last = floats(t, value)[0]
						if i == 0 {
							first = last
						}
						require.NoError(t, s.Step(G.NodesToValueGrads(weights)))
						vm.Reset()
					}
					require.Less(t, last, first/2)
					right, rows := 0, floats(t, z)
					for i := range y {
						best := 0
						for j := range k {
							if rows[i*k+j] > rows[i*k+best] {
								best = j
							}
						}
						if best == y[i] {
							right++
						}
					}
					require.GreaterOrEqual(t, right, n*9/10)
				})
			}
		}
	}
}
