package cli

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTrimPackage(t *testing.T) {
	assert.Equal(t, "epoch 1: it failed", TrimPackage(Usagef("train: epoch 1:\n  it failed")))
	_, err := os.Open("nosuch")
	assert.Equal(t, "no such file or directory", Cause(err))
	assert.Equal(t, "other", Cause(Usagef("other")))
}
