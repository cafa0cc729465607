package train

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"softloss/internal/durable"
	"softloss/train/internal/safetensors"
)

// The files of a checkpoint folder.
const (
	checkpointName     = "checkpoint.safetensors"
	checkpointPrevName = "checkpoint.prev.safetensors"
)

// WriteCheckpoint writes the state of a run into a folder, which is made if it does not exist. Two
// runs must not share a folder.
//
// A checkpoint is one file, checkpoint.safetensors, so that its parts cannot come from different
// moments; the one before it is checkpoint.prev.safetensors. The format is safetensors, which opens
// in Python as it is. Tensors, F32, for layer i = 0, 1, …:
//
//	layer.i.weight, layer.i.bias             the weights, as in a model file
//	adam.first.i.weight, adam.first.i.bias   Adam's first moments, once there are some
//	adam.second.i.weight, adam.second.i.bias the second ones
//	best.i.weight, best.i.bias               the best weights so far, if they are kept
//
// Metadata: kind "softloss checkpoint 2"; sha256, the checksum of the whole file with '0' in the
// place of its own 64 digits; state, the other fields of [State] as JSON. Numbers come back to the
// last bit: a float is the shortest decimal that reads back as itself; one that is not finite is
// its bits in hexadecimal. Config.Checkpoint is not stored, because folders can be moved.
//
// # What a crash leaves
//
// The new file is written under another name and synced; then checkpoint.safetensors is renamed to
// checkpoint.prev.safetensors, then the new file to checkpoint.safetensors; then the folder is
// synced. A rename happens whole or not at all. So a process that is killed leaves
//
//	before the first rename     the old checkpoint, the one before it, and perhaps a part of the
//	                            new file, which the next write removes
//	between the renames         the old checkpoint as the previous one, and none in front of it:
//	                            it is the one that [ReadCheckpoint] reads
//	after the second rename     the new checkpoint, and the old one as the previous one
//
// and so does a machine that stops, in whichever order its file system kept the two renames: the
// bytes of both files were synced before.
//
// Errors: [ErrEmpty], [ErrMismatch], [ErrValue] for a state that is none; those of the system.
func WriteCheckpoint(dir string, s *State) error {
	content, err := encodeState(s)
	if err != nil {
		return err
	}
	if err := writeCheckpoint(durable.OS{}, dir, content); err != nil {
		return wrap(err, "")
	}
	return nil
}

// writeCheckpoint is WriteCheckpoint on any disk.
func writeCheckpoint(d durable.Disk, dir string, content []byte) error {
	if err := durable.MakeFolder(d, dir); err != nil {
		return err
	}
	path := filepath.Join(dir, checkpointName)
	if err := durable.RemoveTemps(d, path); err != nil {
		return err
	}
	temp, err := durable.WriteTemp(d, path, content)
	if err != nil {
		return err
	}
	return durable.Replace(d, temp, path, filepath.Join(dir, checkpointPrevName))
}

// ReadCheckpoint reads the newest checkpoint of a folder; Config.Checkpoint of the state is dir.
//
// It is the previous one only when [WriteCheckpoint] was interrupted between its two renames, so
// that there is no newest one. A newest checkpoint that is damaged is an error, and the older one
// is never read in its place: that is what [ReadPreviousCheckpoint] is for.
//
// Errors: fs.ErrNotExist when the folder has none; [*FileError] for a file that is damaged, cut
// off, or no checkpoint; those of the system. No memory is allocated that the file's own size does
// not justify.
func ReadCheckpoint(dir string) (*State, error) {
	s, err := readState(dir, checkpointName)
	if errors.Is(err, fs.ErrNotExist) {
		prev, err := readState(dir, checkpointPrevName)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fail(fs.ErrNotExist, "%s: got a folder without a checkpoint", dir)
		}
		return prev, err
	}
	var damage *FileError
	if errors.As(err, &damage) {
		if _, prevErr := os.Stat(filepath.Join(dir, checkpointPrevName)); prevErr == nil {
			damage.Previous = true
		}
	}
	return s, err
}

// ReadPreviousCheckpoint reads the checkpoint before the newest one, for when that is damaged. A
// run that goes on from it ends with the same bits, some epochs later.
//
// Errors: those of [ReadCheckpoint].
func ReadPreviousCheckpoint(dir string) (*State, error) { return readState(dir, checkpointPrevName) }

// readState reads a checkpoint file.
func readState(dir, name string) (*State, error) {
	path := filepath.Join(dir, name)
	f, err := safetensors.Read(path, checkpointKind)
	if err != nil {
		return nil, inFile(path, err)
	}
	s, err := decodeState(f)
	if err != nil {
		return nil, inFile(path, err)
	}
	s.Config.Checkpoint = dir
	return s, nil
}
