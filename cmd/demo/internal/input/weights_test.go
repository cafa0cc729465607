package input

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

func TestBalancedWeights(t *testing.T) {
	labels := tensor.New(tensor.WithShape(4, 3), tensor.WithBacking([]float32{1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0}))
	set := &dataset.Dataset{Labels: labels, Features: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(4, 1))}
	assert.InDeltaSlice(t, []float64{4. / 9, 4. / 3, 1}, BalancedWeights(set), 1e-12)
	set.Counts = []float64{1, 1, 1, 3}
	assert.InDeltaSlice(t, []float64{2. / 3, 2. / 3, 1}, BalancedWeights(set), 1e-6)

	var name string
	f := WeightsFlag(&name)
	assert.NoError(t, f.Set("balanced"))
	assert.Equal(t, Balanced, name)
	assert.NoError(t, f.Set("none"))
	assert.Empty(t, name)
	assert.Error(t, f.Set("heavy"))
}
