//go:build mpi

package mpi

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// onPurpose is the text by which .ci/mpi finds the line that says why a job ended.
const onPurpose = "on purpose"

// TestEnd is a run without an end, until one rank ends it otherwise than in order. .ci/mpi looks at
// how the job ends then, and says with
//
//	MPI_TEST_END    how the rank ends: kill, panic, exit or error
//	MPI_TEST_AT     what it does then: compute, reduction or checkpoint
//	MPI_TEST_DIR    a folder of the job's own; its file "end" is made at that moment
func TestEnd(t *testing.T) {
	e := ending{how: os.Getenv("MPI_TEST_END"), dir: os.Getenv("MPI_TEST_DIR")}
	if e.how == "" {
		t.Skip("run by .ci/mpi")
	}
	set, err := dataset.Digits()
	require.NoError(t, err)
	cfg := train.Config{Hidden: []int{32}, Epochs: 1 << 30, Shards: 6, Group: group}
	switch at := os.Getenv("MPI_TEST_AT"); at {
	case "compute":
		cfg.Criterion.Loss = endingLoss{ending: e}
	case "reduction":
		cfg.Group = &endingGroup{Group: group, ending: e}
	case "checkpoint":
		cfg.Checkpoint = filepath.Join(e.dir, onPurpose)
		if group.Rank() == 0 {
			go e.inCheckpoint(cfg.Checkpoint)
		}
	default:
		t.Fatalf("MPI_TEST_AT: got %q", at)
	}
	_, _, err = train.Fit(context.Background(), cfg, set, nil, nil)
	var other *train.RankError
	if errors.As(err, &other) {
		time.Sleep(time.Minute) // the rank that knows more says so and ends this one
	}
	fmt.Fprintln(os.Stderr, err)
	group.Abort(1)
}

// ending is how a rank ends, and a folder.
type ending struct{ how, dir string }

// now ends this process, from a goroutine of its own, whatever the others do. It returns only when
// the rank shall end by an error.
func (e ending) now() {
	if err := os.WriteFile(filepath.Join(e.dir, "end"), nil, 0o666); err != nil {
		panic(err)
	}
	switch e.how {
	case "error":
		return
	case "kill":
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "panic":
		go panic(onPurpose)
	case "exit":
		fmt.Fprintln(os.Stderr, onPurpose)
		os.Exit(3)
	}
	select {}
}

// inCheckpoint waits until a checkpoint after the first is being written. An error is a folder that
// has become a file.
func (e ending) inCheckpoint(folder string) {
	for {
		temps, _ := filepath.Glob(filepath.Join(folder, ".checkpoint*"))
		if _, err := os.Stat(filepath.Join(folder, "checkpoint.safetensors")); err == nil && len(temps) > 0 {
			break
		}
	}
	e.now()
	os.Rename(folder, folder+" moved")
	os.WriteFile(folder, nil, 0o666)
}

// endingLoss is the cross entropy, whose thousandth row ends the last rank. It is the same value on
// every rank, as the losses of a run must be.
type endingLoss struct {
	losses.CrossEntropy
	ending
}

// rows counts those that an endingLoss has met.
var rows atomic.Int64

// Row implements losses.Loss. A panic in it is an error of the run.
func (l endingLoss) Row(r losses.Row) float64 {
	if last() && rows.Add(1) == 1000 {
		l.now()
		panic(onPurpose)
	}
	return l.CrossEntropy.Row(r)
}

// last reports whether this is the last rank.
func last() bool { return group.Rank() == group.Size()-1 }

// endingGroup ends the last rank in its fiftieth sum, while it waits for rank 0, which is late.
type endingGroup struct {
	*Group
	ending
	sums int
}

// Sum implements train.Group.
func (g *endingGroup) Sum(x []int64) error {
	switch g.sums++; {
	case g.sums != 50:
	case g.Rank() == 0:
		time.Sleep(time.Second)
	case last() && g.how == "error":
		g.now()
		return errors.New(onPurpose)
	case last():
		time.AfterFunc(100*time.Millisecond, g.now)
	}
	return g.Group.Sum(x)
}
