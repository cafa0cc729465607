package train

import (
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/internal/exactjson"
	"softloss/train/internal/safetensors"
)

// stateSample is the state of a small run, each field of it something else than zero.
func stateSample(seed uint64) *State {
	m := newModel([]int{3, 4, 2}, seed)
	s := &State{}
	fillRandom(reflect.ValueOf(s).Elem(), rand.New(rand.NewPCG(seed, 0)))
	s.Layers, s.BestLayers = m.layers, newModel(m.Sizes(), seed+1).layers
	s.FirstMoments, s.SecondMoments = nil, nil
	for _, x := range m.params() {
		squares := slices.Clone(x)
		for i, v := range x {
			squares[i] = v * v
		}
		s.FirstMoments, s.SecondMoments = append(s.FirstMoments, slices.Clone(x)), append(s.SecondMoments, squares)
	}
	return s
}

// fillRandom sets every plain field below v.
func fillRandom(v reflect.Value, r *rand.Rand) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(r.Uint32()) - 1<<31)
	case reflect.Uint64:
		v.SetUint(r.Uint64() | 1<<63)
	case reflect.Float64:
		v.SetFloat(math.Float64frombits(r.Uint64()))
	case reflect.String:
		v.SetString(fmt.Sprintf("%x \"é\"\u2028\n", r.Uint64()))
	case reflect.Pointer:
		if v.Type() != reflect.TypeFor[*Model]() {
			v.Set(reflect.New(v.Type().Elem()))
			fillRandom(v.Elem(), r)
		}
	case reflect.Slice:
		switch v.Type().Elem().Kind() {
		case reflect.Int, reflect.Float64, reflect.Struct:
			if v.Type() != reflect.TypeFor[[]Layer]() {
				v.Set(reflect.MakeSlice(v.Type(), 3, 3))
				for i := range v.Len() {
					fillRandom(v.Index(i), r)
				}
			}
		}
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[losses.Criterion]() {
			for i := range v.NumField() {
				fillRandom(v.Field(i), r)
			}
		}
	}
}

// requireSameState asserts that two states are equal to the last bit, NaN and signs of zero
// included.
func requireSameState(t testing.TB, want, got *State) {
	t.Helper()
	bits := func(s *State) string {
		content, err := encodeState(s)
		require.NoError(t, err)
		return string(content)
	}
	require.True(t, bits(want) == bits(got), "states differ")
	text := func(s *State) string {
		text, err := exactjson.Encode(s.plain())
		require.NoError(t, err)
		return text
	}
	require.Equal(t, text(want), text(got))
	require.Equal(t, len(want.History), len(got.History))
	for i, moments := range want.FirstMoments {
		require.Equal(t, moments, got.FirstMoments[i])
		require.Equal(t, want.SecondMoments[i], got.SecondMoments[i])
	}
	require.Equal(t, weightsOf(&Model{layers: want.Layers}), weightsOf(&Model{layers: got.Layers}))
	require.Equal(t, weightsOf(&Model{layers: want.BestLayers}), weightsOf(&Model{layers: got.BestLayers}))
}

func TestCheckpointRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "runs", "first")
	for seed := range uint64(200) {
		s := stateSample(seed)
		switch seed {
		case 0:
			s.History[0].Loss, s.History[1].Loss, s.History[2].Loss = math.NaN(), math.Inf(-1), math.Copysign(0, -1)
			s.BestLoss = math.Inf(1)
			s.History[1].Valid = nil
		case 1:
			s.BestLayers, s.FirstMoments, s.SecondMoments, s.History = nil, nil, nil, nil
		case 2:
			s.Config.Hidden, s.History = []int{}, History{}
			s.FirstMoments[0][0] = float32(math.Inf(-1))
			s.SecondMoments[0][0] = float32(math.Inf(1))
		}
		path := s.Config.Checkpoint
		require.NoError(t, WriteCheckpoint(dir, s))
		require.Equal(t, path, s.Config.Checkpoint, "the state is not changed")
		got, err := ReadCheckpoint(dir)
		require.NoError(t, err)
		require.Equal(t, dir, got.Config.Checkpoint)
		requireSameState(t, s, got)
		require.Equal(t, s.Config.Hidden == nil, got.Config.Hidden == nil, "none is not the same as not given")
		require.Equal(t, s.Config.Seed, got.Config.Seed)
		for i, e := range s.History {
			require.Equal(t, math.Float64bits(e.Loss), math.Float64bits(got.History[i].Loss))
		}
	}
	prev, err := ReadPreviousCheckpoint(dir)
	require.NoError(t, err)
	requireSameState(t, stateSample(198), prev)
	requireFiles(t, dir, checkpointPrevName, checkpointName)
}

// requireFiles asserts what is in a folder.
func requireFiles(t *testing.T, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Name())
	}
	require.Equal(t, names, got)
}

func TestCheckpointErrors(t *testing.T) {
	change := func(f func(*State)) *State {
		s := stateSample(1)
		f(s)
		return s
	}
	for name, c := range map[string]struct {
		s    *State
		kind error
		text string
	}{
		"nil":        {nil, ErrEmpty, "state: got nil"},
		"no layers":  {change(func(s *State) { s.Layers = nil }), ErrEmpty, "layers: got none"},
		"one moment": {change(func(s *State) { s.SecondMoments = nil }), ErrMismatch, "moments: got 4 and 0, want 4 each"},
		"no moments at all": {change(func(s *State) {
			s.FirstMoments, s.SecondMoments = [][]float32{}, [][]float32{}
		}), ErrMismatch, "moments: got 0 and 0, want 4 each, or none"},
		"few moments": {change(func(s *State) {
			s.FirstMoments, s.SecondMoments = s.FirstMoments[:2], s.SecondMoments[:2]
		}), ErrMismatch, "moments: got 2 and 2"},
		"size": {change(func(s *State) { s.SecondMoments[3] = nil }), ErrMismatch,
			"moments: tensor 3: got 0 elements, want 2"},
		"first moment NaN": {change(func(s *State) { s.FirstMoments[2][1] = float32(math.NaN()) }), ErrValue,
			"moments: tensor 2: got a NaN"},
		"second moment NaN": {change(func(s *State) { s.SecondMoments[3][0] = float32(math.NaN()) }), ErrValue,
			"moments: tensor 3: got a NaN"},
		"second moment below 0": {change(func(s *State) { s.SecondMoments[0][0] = -1 }), ErrValue,
			"moments: tensor 0: got a NaN, or a second moment below 0"},
		"best": {change(func(s *State) { s.BestLayers = s.BestLayers[:1] }), ErrMismatch,
			"best layers: got sizes [3 4], want [3 4 2]"},
		"text": {change(func(s *State) { s.Criterion = "\xff" }), ErrValue, `got the text "\xff", want UTF-8`},
	} {
		dir := filepath.Join(t.TempDir(), "run")
		requireError(t, WriteCheckpoint(dir, c.s), c.kind, "train: ", c.text, name)
		_, err := os.Stat(dir)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	require.Error(t, WriteCheckpoint(file, stateSample(1)))

	dir := t.TempDir()
	for _, read := range []func(string) (*State, error){ReadCheckpoint, ReadPreviousCheckpoint} {
		s, err := read(dir)
		require.ErrorIs(t, err, fs.ErrNotExist)
		require.Nil(t, s)
		_, err = read(filepath.Join(dir, "none"))
		require.ErrorIs(t, err, fs.ErrNotExist)
	}
	_, err := ReadCheckpoint(dir)
	require.EqualError(t, err, "train: "+dir+": got a folder without a checkpoint")
}

func FuzzReadCheckpoint(f *testing.F) {
	full, err := encodeState(stateSample(1))
	require.NoError(f, err)
	s := stateSample(2)
	s.BestLayers, s.FirstMoments, s.SecondMoments, s.History = nil, nil, nil, nil
	small, err := encodeState(s)
	require.NoError(f, err)
	for _, seed := range [][]byte{nil, full, small, small[:len(small)/2]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		sealed, err := decodeResealed(file, checkpointKind)
		if err != nil {
			requireFileError(t, err)
			return
		}
		s, err := decodeState(sealed)
		if err != nil {
			requireFileError(t, inFile("file", err))
			require.Nil(t, s)
			return
		}
		again, err := encodeState(s)
		require.NoError(t, err)
		_, err = safetensors.Decode(again, checkpointKind)
		require.NoError(t, err)
	})
}
