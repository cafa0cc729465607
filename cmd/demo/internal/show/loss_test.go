package show

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/input"
	"softloss/losses"
)

// Every loss that -loss accepts has a name for sentences.
func TestEveryLossHasATitle(t *testing.T) {
	for _, name := range append(input.LossNames(losses.SoftmaxLink), "10*nce+1*mae") {
		l, err := input.Loss(name)
		require.NoError(t, err, name)
		info := DescribeLoss(l)
		assert.Equal(t, name, info.Name)
		assert.NotEqual(t, name, info.Title)
	}
	assert.Equal(t, LossInfo{Name: "ce", Title: "cross entropy", Unit: "nats", Lowest: true}, DescribeLoss(nil),
		"no loss is cross entropy")
	assert.False(t, DescribeLoss(losses.MAE{}).Lowest)
}
