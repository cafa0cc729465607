package train

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// Every change of a model file or a checkpoint is detected: each byte by itself, each length, and
// random damage of all kinds. Nothing panics, nothing is half loaded, and what is allocated is in
// proportion to the file.
func TestDamageIsDetected(t *testing.T) {
	random, step := 1500, 1
	if testing.Short() {
		random, step = 300, 11
	}
	dir, model, checkpoint := modelAndCheckpoint(t)
	for name, c := range map[string]struct {
		path string
		load func() (loaded bool, err error)
	}{
		"model":      {model, func() (bool, error) { s, err := Load(model); return s != nil, err }},
		"checkpoint": {checkpoint, func() (bool, error) { s, err := ReadCheckpoint(dir); return s != nil, err }},
	} {
		t.Run(name, func(t *testing.T) {
			good, err := os.ReadFile(c.path)
			require.NoError(t, err)
			detected := 0
			check := func(damage []byte) {
				if string(damage) == string(good) {
					return
				}
				require.NoError(t, os.WriteFile(c.path, damage, 0o600))
				loaded, err := c.load()
				requireFileError(t, err, filepath.Base(c.path)+": ")
				require.False(t, loaded)
				detected++
			}
			r := rand.New(rand.NewPCG(1, 2))
			allocated := numtest.Allocated(func() {
				for i := 0; i < len(good); i += step {
					damage := append([]byte(nil), good...)
					damage[i] ^= 1 << r.IntN(8)
					check(damage)
				}
				for n := 0; n < len(good); n += step {
					check(good[:n])
				}
				for range random {
					check(randomDamage(r, good))
				}
			})
			require.GreaterOrEqual(t, detected, 2*len(good)/step+random-random/20)
			// The test's own copies and the assertions' included.
			require.Less(t, allocated/uint64(detected), uint64(8*len(good)+16<<10))
			require.NoError(t, os.WriteFile(c.path, good, 0o600))
			loaded, err := c.load()
			require.NoError(t, err, "what was not changed is still good")
			require.True(t, loaded)
		})
	}
}

// modelAndCheckpoint are one of each in a folder.
func modelAndCheckpoint(t *testing.T) (dir, model, checkpoint string) {
	t.Helper()
	dir = t.TempDir()
	model, checkpoint = filepath.Join(dir, "model.safetensors"), filepath.Join(dir, checkpointName)
	require.NoError(t, savedSample().Save(model))
	require.NoError(t, WriteCheckpoint(dir, stateSample(3)))
	return dir, model, checkpoint
}

// Each in the other's place is called what it is.
func TestModelsAreNoCheckpoints(t *testing.T) {
	dir, model, checkpoint := modelAndCheckpoint(t)
	a, err := os.ReadFile(model)
	require.NoError(t, err)
	b, err := os.ReadFile(checkpoint)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(model, b, 0o600))
	require.NoError(t, os.WriteFile(checkpoint, a, 0o600))
	_, err = Load(model)
	requireFileError(t, err, `model.safetensors: got a file of kind "softloss checkpoint 2", want "softloss model 1"`)
	_, err = ReadCheckpoint(dir)
	requireFileError(t, err, `checkpoint.safetensors: got a file of kind "softloss model 1", want "softloss checkpoint 2"`)
}
