package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
)

func TestTensorboardFlag(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "board")
	code, stdout, stderr := demo(t, "-data", "housing", "-epochs", "3", "-schedule", "cosine", "-noplots", "-tensorboard",
		dir, "-json", "-")
	require.Equal(t, exitDone, code, stderr)
	s, events := decode(t, []byte(stdout)), demotest.Events(t, dir)
	require.Len(t, events, 4)
	for i, e := range s.History {
		assert.Equal(t, uint64(i+1), events[i+1].Step)
		assert.InDelta(t, float32(e.TrainLoss), events[i+1].Scalars["train/loss"], 0)
		assert.InDelta(t, float32(e.TestAccuracy), events[i+1].Scalars["test/accuracy"], 0)
	}
	assert.Less(t, events[3].Scalars["learn rate"], events[1].Scalars["learn rate"])

	require.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o666))
	code, _, stderr = demo(t, "-epochs", "1", "-noplots", "-tensorboard", testdata("shapes.csv"))
	assert.Equal(t, exitUsage, code)
	assert.Regexp(t, `^demo: -tensorboard .*shapes\.csv: .+; want a folder, or a name for a new one\n$`, stderr)
}
