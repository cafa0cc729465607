package losses_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/losses"
)

// TestPenaltyBesideCrossEntropy: the many equal terms of the penalty of a sure row, each nothing
// beside the cross entropy, add up exactly, with the gradients of the labels as without.
func TestPenaltyBesideCrossEntropy(t *testing.T) {
	const k = 1000
	b := batch{dt: tensor.Float64, n: 1, k: k, z: make([]float64, k), t: make([]float64, k)}
	b.z[7], b.t[0] = 20, 1
	c := losses.Criterion{Loss: losses.ConfidencePenalty{Beta: 0.8}}
	out := b.outputs(c)
	require.NoError(t, c.EvalInto(out, b.inputs(c)))
	near(t, "loss", values(out.Loss), b.lossAlone(t, c), 4*epsilon(b.dt), 0)
}
