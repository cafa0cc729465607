package show

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/record"
	"softloss/losses"
)

// Every loss that -loss accepts has a name for sentences.
func TestEveryLossHasATitle(t *testing.T) {
	for _, name := range append(losses.LossNames(), "10*nce+1*mae") {
		words := lossOf(&record.Run{Config: record.Config{Loss: name}})
		assert.Equal(t, name, words.name)
		assert.NotEqual(t, name, words.title)
	}
	assert.Equal(t, lossWords{name: "gce:q=0.7", title: "generalised cross entropy"},
		lossOf(&record.Run{Config: record.Config{Loss: "gce"}}))
}
