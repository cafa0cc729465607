//go:build unix

package train

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"softloss/internal/durable"
	"softloss/losses"
	"softloss/train/internal/exactjson"
	"softloss/train/internal/safetensors"
)

// The kill test: this test's binary runs itself again as a child that trains and writes a
// checkpoint after every epoch; SIGKILL ends it at a random moment; another child goes on; and so
// on until the run ends. Its weights and its history have the bits of a run that was never killed.
// The long form, by number of kills:
//
//	SOFTLOSS_KILLS=60 go test ./train -run TestKill -v -count=1

const (
	killFolder = "SOFTLOSS_KILL_FOLDER" // for the child
	killResult = "result"
)

// killedRun trains the run of the test in a folder, from its checkpoint if there is one, and
// returns the bytes of the result.
func killedRun(dir string, observe Observer) ([]byte, error) {
	cfg := Config{
		Hidden: []int{24}, Epochs: 60, BatchSize: 32, LearnRate: 3e-3, Seed: 9, ClipNorm: 1, L2: 1e-4, Mixup: .3,
		Patience:   1000,
		Criterion:  losses.SoftLabelCriterion(.1, losses.Mean),
		Schedule:   Schedule{Curve: Cosine, Warmup: 20},
		Checkpoint: dir, CheckpointEvery: 1,
	}
	trainSet, validSet := randomSet(150, 12, 4, 1), randomSet(40, 12, 4, 2)
	state, err := ReadCheckpoint(dir)
	var m *Model
	var h History
	switch {
	case errors.Is(err, fs.ErrNotExist):
		m, h, err = Fit(context.Background(), cfg, trainSet, validSet, observe)
	case err == nil:
		m, h, err = Resume(context.Background(), cfg, state, trainSet, validSet, observe)
	}
	if err != nil {
		return nil, err
	}
	text, err := exactjson.Encode(h)
	if err != nil {
		return nil, err
	}
	return safetensors.Encode(map[string]string{"history": text}, layerTensors("layer.", m, m.params())), nil
}

// TestKillChild is the child. It prints a line when it starts and one for every epoch whose
// checkpoint is on the disk.
func TestKillChild(t *testing.T) {
	dir := os.Getenv(killFolder)
	if dir == "" {
		t.Skip("run by TestKill")
	}
	fmt.Println("epoch", 0)
	result, err := killedRun(dir, func(p Progress) {
		if p.Done != nil {
			fmt.Println("epoch", p.Done.Epoch)
		}
	})
	require.NoError(t, err)
	require.NoError(t, durable.Write(durable.OS{}, filepath.Join(dir, killResult), result))
}

// killChild starts a child and kills it so long after its first line. It returns the last epoch
// that the child spoke of, and whether it ended before it could be killed.
func killChild(t *testing.T, dir string, after time.Duration) (epoch int, ended bool) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestKillChild$", "-test.count=1")
	child.Env = append(os.Environ(), killFolder+"="+dir)
	var errText strings.Builder
	child.Stderr = &errText
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	lines := bufio.NewScanner(out)
	started := false
	for lines.Scan() {
		number, ok := strings.CutPrefix(lines.Text(), "epoch ")
		if !ok {
			if strings.Contains(lines.Text(), "Error") {
				errText.WriteString(lines.Text() + "\n")
			}
			continue
		}
		epoch, err = strconv.Atoi(number)
		require.NoError(t, err)
		if !started {
			started = true
			timer := time.AfterFunc(after, func() { child.Process.Kill() })
			defer timer.Stop()
		}
	}
	err = child.Wait()
	if err == nil {
		return epoch, true
	}
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	status := exit.Sys().(syscall.WaitStatus)
	require.True(t, status.Signaled() && status.Signal() == syscall.SIGKILL, "%v: %s", err, errText.String())
	return epoch, false
}

func TestKill(t *testing.T) {
	want := 8
	if text := os.Getenv("SOFTLOSS_KILLS"); text != "" {
		var err error
		want, err = strconv.Atoi(text)
		require.NoError(t, err)
	}
	start := time.Now()
	reference, err := killedRun(t.TempDir(), nil)
	require.NoError(t, err)
	whole := time.Since(start)

	seed := rand.Uint64()
	t.Logf("seed %d; a run takes %v", seed, whole)
	r := rand.New(rand.NewPCG(seed, 0))
	kills, runs, partial, between := 0, 0, 0, 0
	for kills < want {
		dir, inRun := t.TempDir(), 0
		runs++
		for known := 0; ; {
			// Some kills come early, so that one run takes several. Once there are enough, the run
			// may end.
			after := time.Duration(r.Float64() * r.Float64() * float64(whole) * .6)
			if kills+inRun >= want {
				after = time.Hour
			}
			epoch, ended := killChild(t, dir, after)
			if ended {
				break
			}
			inRun++
			// What the child had said is on the disk, and so is what was there before; nothing is
			// damaged.
			known = max(known, epoch)
			state, err := ReadCheckpoint(dir)
			if known == 0 && errors.Is(err, fs.ErrNotExist) {
				continue
			}
			require.NoError(t, err, "after kill %d of run %d", inRun, runs)
			require.GreaterOrEqual(t, state.Epoch, known)
			known = state.Epoch
			left, err := filepath.Glob(filepath.Join(dir, "."+checkpointName+".*"+".tmp"))
			require.NoError(t, err)
			partial += len(left)
			if _, err := os.Stat(filepath.Join(dir, checkpointName)); errors.Is(err, fs.ErrNotExist) {
				between++
			}
		}
		kills += inRun
		result, err := os.ReadFile(filepath.Join(dir, killResult))
		require.NoError(t, err)
		require.True(t, string(reference) == string(result),
			"run %d, killed %d times, ends with other weights or another history", runs, inRun)
	}
	t.Logf("%d kills in %d runs, %d while a checkpoint was written, %d of them between the renames; all ended with the "+
		"same bits", kills, runs, partial, between)
}
