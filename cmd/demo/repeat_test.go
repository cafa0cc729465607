package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
)

// A repeated run is several runs, each as it would be alone.
func TestRepeat(t *testing.T) {
	t.Chdir(t.TempDir())
	code, stdout, stderr := demo(t, "-epochs", "2", "-hidden", "8", "-noplots", "-seed", "5", "-repeat", "3",
		"-json", "r.json")
	require.Equal(t, exitDone, code, stderr)
	assert.Regexp(t, `^data .+\n(.+\n)+\n( +\d/3  seed \d  test accuracy \d+\.\d\d %\n){3}
seed        +loss   accuracy +.+
5  .+
6  .+
7  .+
mean  .+
deviation  .+

wrote demo-out/seed_5
      demo-out/seed_6
      demo-out/seed_7
      demo-out/repeat\.json
      r\.json
$`, stdout)
	content, err := os.ReadFile("r.json")
	require.NoError(t, err)
	var r record.Repeat
	require.NoError(t, json.Unmarshal(content, &r))
	alone := summaryOf(t, "-epochs 2 -hidden 8 -noplots -seed 6")
	assert.Equal(t, alone.TestAccuracy, r.Measures[1].Values[1])
	assert.Equal(t, alone.Test.Verdict.NLL, r.Measures[4].Values[1])
	refused(t, "-repeat 2 -checkpoint x", "-repeat makes several runs, but -checkpoint and -tensorboard are of one")
}

// A repeated run that is stopped in its first one has nothing to say of them all.
func TestRepeatStoppedAtOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var stdout, stderr bytes.Buffer
	args := []string{"-hidden", "8", "-noplots", "-repeat", "3", "-json", "r.json"}
	require.Equal(t, exitInterrupted, execute(ctx, nil, args, cli.Console{Stdout: &stdout, Stderr: &stderr}))
	assert.Contains(t, stdout.String(), "\n\nstopped before one of 3 runs had ended\n")
	assert.Empty(t, stderr.String())
	assert.NoFileExists(t, "r.json")
	assert.NoFileExists(t, "demo-out/repeat.json")
}
