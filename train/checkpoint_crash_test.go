package train

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/durable"
	"softloss/losses"
	"softloss/train/internal/safetensors"
)

// Sealed checkpoints that are none: what another version could have written.
func TestCheckpointForeign(t *testing.T) {
	good, err := encodeState(stateSample(1))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		change func(f *safetensors.File)
		text   string
	}{
		"no state":  {func(f *safetensors.File) { delete(f.Metadata, "state") }, "got no state"},
		"more":      {func(f *safetensors.File) { f.Metadata["more"] = "" }, `unknown key "more"`},
		"empty":     {func(f *safetensors.File) { f.Metadata["state"] = "" }, "state: EOF"},
		"no object": {func(f *safetensors.File) { f.Metadata["state"] = "3" }, "state: state: got 3, want train.State"},
		"two":       {func(f *safetensors.File) { f.Metadata["state"] += "{}" }, "more than one JSON value"},
		"no fields": {func(f *safetensors.File) { f.Metadata["state"] = "{}" }, "made by another version"},
		"moments": {func(f *safetensors.File) { delete(f.Tensors, "adam.second.1.bias") },
			`got no tensor "adam.second.1.bias"`},
		"first moment": {func(f *safetensors.File) { delete(f.Tensors, "adam.first.0.weight") }, "unknown tensor"},
		"moment shape": {func(f *safetensors.File) {
			f.Tensors["adam.first.1.bias"] = safetensors.Singles("adam.first.1.bias", []float32{1}, 1)
		}, "moments: tensor 3"},
		"best shape": {func(f *safetensors.File) {
			delete(f.Tensors, "best.1.weight")
			delete(f.Tensors, "best.1.bias")
		}, "best layers: got sizes"},
		"layers": {func(f *safetensors.File) { delete(f.Tensors, "layer.0.weight") }, `got no tensor "layer.0.weight"`},
	} {
		f, err := safetensors.Decode(good, checkpointKind)
		require.NoError(t, err)
		c.change(f)
		s, err := decodeState(f)
		require.Error(t, err, name)
		require.Nil(t, s)
		requireFileError(t, inFile("file", err), c.text)
	}
}

// What each moment of WriteCheckpoint leaves when it is the last, and what the next write makes of
// it.
func TestCheckpointCrashPoints(t *testing.T) {
	write := func(t *testing.T, dir, name string, s *State) {
		content, err := encodeState(s)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	const temp = "." + checkpointName + ".0123456789abcdef" + ".tmp"
	before, old, newer, next := stateSample(10), stateSample(11), stateSample(12), stateSample(13)
	for name, c := range map[string]struct {
		leave func(t *testing.T, dir string)
		want  *State // nil: none
		prev  *State // after the next write
	}{
		"nothing yet": {func(*testing.T, string) {}, nil, nil},
		"part of the first": {func(t *testing.T, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, temp), []byte("part"), 0o600))
		}, nil, nil},
		"the first not renamed": {func(t *testing.T, dir string) { write(t, dir, temp, newer) }, nil, nil},
		"part of the next": {func(t *testing.T, dir string) {
			write(t, dir, checkpointPrevName, before)
			write(t, dir, checkpointName, old)
			require.NoError(t, os.WriteFile(filepath.Join(dir, temp), nil, 0o600))
		}, old, old},
		"before the renames": {func(t *testing.T, dir string) {
			write(t, dir, checkpointPrevName, before)
			write(t, dir, checkpointName, old)
			write(t, dir, temp, newer)
		}, old, old},
		"between the renames": {func(t *testing.T, dir string) {
			write(t, dir, checkpointPrevName, old)
			write(t, dir, temp, newer)
		}, old, old},
		"after the renames": {func(t *testing.T, dir string) {
			write(t, dir, checkpointPrevName, old)
			write(t, dir, checkpointName, newer)
		}, newer, newer},
		"only the second rename kept": {func(t *testing.T, dir string) {
			write(t, dir, checkpointPrevName, before)
			write(t, dir, checkpointName, newer)
		}, newer, newer},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			c.leave(t, dir)
			got, err := ReadCheckpoint(dir)
			if c.want == nil {
				require.ErrorIs(t, err, fs.ErrNotExist)
			} else {
				require.NoError(t, err)
				requireSameState(t, c.want, got)
			}
			require.NoError(t, WriteCheckpoint(dir, next))
			got, err = ReadCheckpoint(dir)
			require.NoError(t, err)
			requireSameState(t, next, got)
			got, err = ReadPreviousCheckpoint(dir)
			if c.prev == nil {
				require.ErrorIs(t, err, fs.ErrNotExist)
				requireFiles(t, dir, checkpointName)
				return
			}
			require.NoError(t, err)
			requireSameState(t, c.prev, got)
			requireFiles(t, dir, checkpointPrevName, checkpointName)
		})
	}
}

// A damaged newest checkpoint is an error that says what there is; the one before it is not taken
// in silence.
func TestDamagedCheckpointNamesThePrevious(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, checkpointName)
	require.NoError(t, WriteCheckpoint(dir, stateSample(1)))
	require.NoError(t, os.Truncate(path, 500))
	_, err := ReadCheckpoint(dir)
	requireFileError(t, err, path+": ")
	require.NotContains(t, err.Error(), "ReadPreviousCheckpoint")

	require.NoError(t, WriteCheckpoint(dir, stateSample(1)))
	require.NoError(t, WriteCheckpoint(dir, stateSample(2)))
	file, err := os.ReadFile(path)
	require.NoError(t, err)
	file[len(file)-1] ^= 1
	require.NoError(t, os.WriteFile(path, file, 0o600))
	s, err := ReadCheckpoint(dir)
	requireFileError(t, err, path+": got content with another checksum", "ReadPreviousCheckpoint")
	require.Nil(t, s)
	prev, err := ReadPreviousCheckpoint(dir)
	require.NoError(t, err)
	requireSameState(t, stateSample(1), prev)
}

// syncs is a disk that counts what is made to last.
type syncs struct {
	durable.OS
	log []string
}

func (s *syncs) Create(path string) (durable.File, error) {
	f, err := s.OS.Create(path)
	return synced{f, s, "file"}, err
}

func (s *syncs) Rename(from, to string) error {
	s.log = append(s.log, "rename "+filepath.Base(to))
	return s.OS.Rename(from, to)
}

func (s *syncs) OpenFolder(path string) (durable.File, error) {
	f, err := s.OS.OpenFolder(path)
	return synced{f, s, "folder"}, err
}

// synced is a file or a folder of them.
type synced struct {
	durable.File
	s    *syncs
	what string
}

func (f synced) Sync() error {
	f.s.log = append(f.s.log, "sync "+f.what)
	return f.File.Sync()
}

// The bytes of a checkpoint last before anything points to them, and the names before
// WriteCheckpoint returns.
func TestCheckpointLasts(t *testing.T) {
	s := &syncs{}
	require.NoError(t, writeCheckpoint(s, t.TempDir(), []byte("content")))
	require.Equal(t, []string{"sync file", "rename " + checkpointPrevName, "rename " + checkpointName,
		"sync folder"}, s.log)
}

// lateCalls counts the rows of late.
var lateCalls atomic.Int64

// late is cross entropy that becomes NaN in the fourth epoch of 30 rows. A row is asked for once,
// for loss and gradient together, but in the first batch.
type late struct{}

func (late) Row(r losses.Row) float64 {
	v := losses.CrossEntropy{}.Row(r)
	if lateCalls.Add(1) > 110 {
		v = v / 0 * 0
	}
	return v
}

// A run that fails leaves the last epoch that ended; a checkpoint that cannot be written ends the
// run with what it learned.
func TestCheckpointOfAFailedRun(t *testing.T) {
	set := randomSet(30, 4, 3, 1)
	cfg := Config{Hidden: []int{4}, Epochs: 9, BatchSize: 10, Criterion: losses.Criterion{Loss: late{}},
		Checkpoint: t.TempDir(), CheckpointEvery: 2}
	lateCalls.Store(0)
	_, h, err := Fit(context.Background(), cfg, set, nil, nil)
	if !errors.Is(err, ErrDiverged) {
		require.ErrorIs(t, err, losses.ErrLoss)
	}
	require.Len(t, h, 3)
	s, err := ReadCheckpoint(cfg.Checkpoint)
	require.NoError(t, err)
	require.Equal(t, 3, s.Epoch)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	m, h, err := Fit(context.Background(),
		Config{Epochs: 9, CheckpointEvery: 2, Checkpoint: filepath.Join(file, "run")}, set, nil, nil)
	require.Error(t, err)
	require.NotContains(t, err.Error(), "\n")
	require.Len(t, h, 2)
	require.NotNil(t, m)

	ctx, observe := stopAfter(2, 1)
	m, h, err = Fit(ctx, Config{Epochs: 9, BatchSize: 10, CheckpointEvery: 2, Checkpoint: filepath.Join(file, "run")},
		set, nil, observe)
	require.ErrorIs(t, err, context.Canceled) // and the failure to write
	require.NotEqual(t, context.Canceled, err)
	require.Len(t, h, 1)
	require.NotNil(t, m)
}
