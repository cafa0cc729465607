package train

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/gorgonia"

	"softloss/losses"
)

// TestMachine: loss and gradients have the bits of Gorgonia's tape machine, for every kind of
// graph, run after run.
func TestMachine(t *testing.T) {
	teacher := newModel([]int{4, 3}, 3)
	set, rows := randomSet(6, 4, 3, 1), allRows(6)
	for name, x := range map[string]struct {
		c losses.Criterion
		p purpose
	}{
		"loss":          {},
		"probabilities": {losses.Criterion{FromProbs: true}, purpose{train: true}},
		"gradients":     {losses.Criterion{Loss: losses.GCE{Q: .7}}, purpose{train: true}},
		"shard":         {losses.Criterion{}, purpose{train: true, shard: true}},
		"teacher": {losses.Criterion{}, purpose{train: true,
			distil: &distillation{teacher: teacher, temperature: 2, weight: .5}}},
	} {
		n, err := newNetwork(newModel([]int{4, 5, 5, 3}, 2), x.c, 6, x.p)
		require.NoError(t, err, name)
		require.NoError(t, n.load(set, rows, nil))
		if n.soft != nil {
			copy(n.soft.Float32s(), set.Labels.Float32s())
		}
		own := n.vm
		gorgonia.Read(n.loss, &n.value)
		tape := gorgonia.NewTapeMachine(n.graph)
		for range 3 {
			n.features.Float32s()[0]++
			n.vm = tape
			want, err := n.run()
			require.NoError(t, err, name)
			require.NotZero(t, want, name)
			var grads [][]float32
			for _, g := range n.grads {
				grads = append(grads, slices.Clone(g))
				clear(g)
			}
			n.vm = own
			got, err := n.run()
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
			require.Equal(t, grads, append([][]float32(nil), n.grads...), name)
		}
		require.NoError(t, tape.Close())
	}
}

// TestMachineInput: an input without a value is an error.
func TestMachineInput(t *testing.T) {
	g := gorgonia.NewGraph()
	x := gorgonia.NewMatrix(g, gorgonia.Float32, gorgonia.WithShape(2, 2), gorgonia.WithName("x"))
	sum, err := gorgonia.Sum(x)
	require.NoError(t, err)
	var into gorgonia.Value
	_, err = newMachine(sum, &into, nil)
	require.ErrorIs(t, err, ErrMismatch)
}
