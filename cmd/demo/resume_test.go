package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

// A run that is stopped and goes on with the very command that it printed ends as a run that never
// stopped.
func TestResumeWithThePrintedCommand(t *testing.T) {
	for _, tc := range []struct {
		name  string
		flags []string
		run   []string
	}{
		{"saved by Ctrl-C", nil, nil},
		{"saved after every epoch", []string{"-checkpoint", "my run"}, nil},
		{"validated", []string{"-checkpoint", "my run"}, []string{"-validation", "0.2", "-patience", "9", "-calibrate",
			"-noise", "0.1"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			same := append([]string{"-epochs", "12", "-hidden", "8", "-mixup", "0.2", "-schedule", "cosine", "-warmup",
				"1.5"}, tc.run...)
			args := slices.Concat(same, tc.flags)
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			stdout := &cancelAt{text: "    4  ", cancel: cancel}
			var stderr bytes.Buffer
			require.Equal(t, exitInterrupted, execute(ctx, nil, args, cli.Console{Stdout: stdout, Stderr: &stderr,
				Program: "demo"}))
			_, command, found := strings.Cut(stdout.String(), "; to go on:\n  demo ")
			require.True(t, found, stdout.String())
			command, _, _ = strings.Cut(command, "\n")
			resume := strings.Fields(strings.ReplaceAll(strings.ReplaceAll(command, "'my run'", "my_run"), "'", ""))
			for i, word := range resume {
				resume[i] = strings.ReplaceAll(word, "my_run", "my run")
			}

			code, text, message := demo(t, append(resume, "-json", "resumed.json")...)
			require.Equal(t, exitDone, code, message)
			assert.Contains(t, text, "\nresumed  after 4 epochs, from ")
			code, _, message = demo(t, slices.Concat(same, []string{"-quiet", "-out", "whole", "-json", "whole.json"})...)
			require.Equal(t, exitDone, code, message)
			var both [2]record.Run
			for i, name := range []string{"resumed.json", "whole.json"} {
				content, err := os.ReadFile(name)
				require.NoError(t, err)
				both[i] = decode(t, content)
				both[i].Seconds, both[i].Files = 0, nil
			}
			demotest.Same(t, both[1], both[0])
			a, err := os.ReadFile(filepath.Join("demo-out", record.ModelFile))
			require.NoError(t, err)
			b, err := os.ReadFile(filepath.Join("whole", record.ModelFile))
			require.NoError(t, err)
			assert.True(t, bytes.Equal(a, b), "the models are equal to the last bit")
		})
	}
}

// A run that goes on elsewhere says so: it need not be equal to the last bit.
func TestResumeOnAnotherMachine(t *testing.T) {
	t.Chdir(t.TempDir())
	const same = "-hidden none -noplots -checkpoint run"
	assert.Empty(t, notes(t, "-epochs 1 "+same))
	assert.Empty(t, notes(t, "-epochs 2 -resume "+same))
	state, err := train.ReadCheckpoint("run")
	require.NoError(t, err)
	state.Machine = "vax"
	require.NoError(t, train.WriteCheckpoint("run", state))
	assert.Equal(t, []string{"the run began on another machine (vax, here " + train.Machine() + "): the last digits may " +
		"differ from those of a run that never stopped"}, notes(t, "-epochs 3 -resume "+same))
}

func TestCheckpointErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	code, _, stderr := demo(t, "-epochs", "2", "-hidden", "8", "-noplots", "-quiet", "-checkpoint", "run")
	require.Equal(t, exitDone, code, stderr)
	require.NoError(t, os.WriteFile("file", nil, 0o666))
	const advice = "; give the same flags, or another -checkpoint"
	const criterion = `-resume: the run in run was made with another -loss, -link, -alpha, -smoothing or -weights ` +
		`\(.+, not .+\)` + advice
	for _, tc := range []struct{ args, want string }{
		{"-checkpoint run", `-checkpoint run: there is a run already; add -resume to go on with it, or take another folder`},
		{"-checkpoint run -resume -epochs 1 -hidden 8", `-epochs 1: the run in run has 2 already`},
		{"-checkpoint run -resume -hidden 9", `-resume: the run in run was made with -hidden 8, not 9` + advice},
		{"-checkpoint run -resume -hidden none", `-resume: the run in run was made with -hidden 8, not none` + advice},
		{"-checkpoint run -resume -hidden 8 -lr 0.1", `-resume: the run in run was made with -lr 0\.001, not 0\.1` + advice},
		{"-checkpoint run -resume -hidden 8 -seed 2", `-resume: the run in run was made with -seed 1, not 2` + advice},
		{"-checkpoint run -resume -hidden 8 -warmup 1.5",
			`-resume: the run in run was made with -warmup 0, not 1\.522` + advice},
		{"-checkpoint run -resume -hidden 8 -schedule cosine",
			`-resume: the run in run was made with -schedule constant, not cosine` + advice},
		{"-checkpoint run -resume -hidden 8 -noise 0.1",
			`-resume: the run in run has other training rows: other -data, flags about it, -test, -validation, -noise or ` +
				`-link` + advice},
		{"-checkpoint file", `-checkpoint file: is a file, want a folder, or a name for a new one`},
		{"-checkpoint file/in", `-checkpoint file/in: not a directory; want a folder, or a name for a new one`},
		{"-tensorboard file/in", `-tensorboard file/in: not a directory; want a folder, or a name for a new one`},
		{"-checkpoint run -resume -hidden 8 -loss mae", criterion},
		{"-checkpoint run -resume -hidden 8 -weights balanced", criterion},
		{"-checkpoint run -resume -hidden 8 -link sigmoid", criterion},
		{"-checkpoint run -resume -hidden 8 -validation 0.1", `-resume: the run in run has other training rows: .+`},
	} {
		refused(t, "train -noplots "+tc.args, tc.want)
	}
	path := filepath.Join("run", "checkpoint.safetensors")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	content[len(content)/2] ^= 1
	require.NoError(t, os.WriteFile(path, content, 0o666))
	refused(t, "-noplots -hidden 8 -checkpoint run -resume", `-checkpoint: .+checkpoint\.safetensors.+; the checkpoint `+
		`before it is there: rename checkpoint\.prev\.safetensors to checkpoint\.safetensors to go on from it`)
}

func TestPatience(t *testing.T) {
	code, stdout, stderr := demo(t, "-epochs", "60", "-lr", "0.02", "-patience", "2", "-noplots", "-json", "-")
	require.Equal(t, exitDone, code)
	s := decode(t, []byte(stdout))
	require.True(t, s.StoppedEarly)
	assert.Len(t, s.History, s.BestEpoch+2)
	assert.InDelta(t, float64(s.History[s.BestEpoch-1].ValidationLoss), float64(s.ValidationLoss), 1e-6,
		"the weights of the best epoch")
	assert.Regexp(t, `\nstopped after \d+ epochs: 2 without a better validation loss; the weights are those of epoch `+
		`\d+\n`, stderr)
}
