package train

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses"
	"softloss/train/dataset"
	"softloss/train/internal/safetensors"
)

// savedSample is a small model with everything set.
func savedSample() *Saved {
	m := newModel([]int{3, 4, 2}, 5)
	for i, l := range m.layers {
		for j := range l.Bias.Float32s() {
			l.Bias.Float32s()[j] = float32(i) + float32(j)/7
		}
	}
	return &Saved{
		Model:        m,
		Scaler:       &dataset.Scaler{Mean: []float64{1, -2.0 / 3, 1e300}, Std: []float64{1e-300, 2.5, math.Pi}},
		Temperature:  1.7,
		FeatureNames: []string{"a", "", "größe \"x\"\n"},
		ClassNames:   []string{"no", "yes"},
		LabelName:    "answer",
		Fill:         []float64{0, -.5, 1},
	}
}

// rawFile returns the bytes of a safetensors file with any header and data.
func rawFile(header, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+data...)
}

// decodeResealed decodes a copy of a file with the checksum that its content asks for.
func decodeResealed(file []byte, kind string) (*safetensors.File, error) {
	file = bytes.Clone(file)
	safetensors.Seal(file)
	f, err := safetensors.Decode(file, kind)
	return f, inFile("file", err)
}

// requireFileError asserts the type, the form and parts of the text of an error.
func requireFileError(t testing.TB, err error, parts ...string) {
	t.Helper()
	require.ErrorIs(t, err, ErrFile)
	var e *FileError
	require.True(t, errors.As(err, &e), "%T", err)
	require.True(t, strings.HasPrefix(err.Error(), "train: "), err.Error())
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(err.Error()), 500, err.Error())
	for _, p := range parts {
		require.Contains(t, err.Error(), p)
	}
}

// bare is a model file without anything but the model.
func bare(m *Model) *Saved { return &Saved{Model: m} }

func TestSaveAndLoad(t *testing.T) {
	full := savedSample()
	for name, s := range map[string]*Saved{
		"full":         full,
		"model":        bare(full.Model),
		"linear":       bare(newModel([]int{1, 1}, 0)),
		"deep":         bare(newModel([]int{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 2}, 0)), // layer 10 behind layer 9
		"empty names":  {Model: full.Model, ClassNames: []string{"", ""}},
		"one":          {Model: full.Model, Temperature: 1},
		"denormal":     {Model: full.Model, Temperature: math.SmallestNonzeroFloat64},
		"scaler alone": {Model: full.Model, Scaler: full.Scaler},
	} {
		path := filepath.Join(t.TempDir(), "model.safetensors")
		require.NoError(t, s.Save(path), name)
		got, err := Load(path)
		require.NoError(t, err, name)
		require.Equal(t, s.Model.Sizes(), got.Model.Sizes())
		require.Equal(t, weightsOf(s.Model), weightsOf(got.Model))
		require.Equal(t, s.Scaler, got.Scaler)
		require.Equal(t, s.Temperature, got.Temperature)
		require.Equal(t, s.FeatureNames, got.FeatureNames)
		require.Equal(t, s.ClassNames, got.ClassNames)
		require.Equal(t, s.Fill, got.Fill)
		require.Equal(t, s.LabelName, got.LabelName)
		require.False(t, got.Unverified)
	}
}

// Predictions on raw features are scaling, logits, temperature and softmax, before and after the
// file.
func TestSavedPredict(t *testing.T) {
	set := randomSet(40, 3, 2, 8)
	scaler, err := dataset.FitScaler(set.Features)
	require.NoError(t, err)
	s := &Saved{Model: newModel([]int{3, 5, 2}, 1), Scaler: scaler, Temperature: 2.5}
	scaled, err := scaler.Transform(set.Features)
	require.NoError(t, err)
	z, err := s.Model.Logits(scaled)
	require.NoError(t, err)
	want, err := losses.TeacherLabels(z, 2.5)
	require.NoError(t, err)

	path := filepath.Join(t.TempDir(), "m")
	require.NoError(t, s.Save(path))
	loaded, err := Load(path)
	require.NoError(t, err)
	for _, x := range []*Saved{s, loaded} {
		got, err := x.Predict(set.Features)
		require.NoError(t, err)
		require.Equal(t, want.Float32s(), got.Float32s())
	}
	plain, err := bare(s.Model).Predict(set.Features)
	require.NoError(t, err)
	direct, err := s.Model.Predict(set.Features)
	require.NoError(t, err)
	require.Equal(t, direct.Float32s(), plain.Float32s())
	_, err = s.Predict(table([]float32{1, 2}, 1, 2))
	require.ErrorIs(t, err, dataset.ErrShape)
}

func TestSaveErrors(t *testing.T) {
	m := newModel([]int{2, 2}, 0)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		s    *Saved
		kind error
		text string
	}{
		"nil":       {nil, ErrEmpty, "model: has no layers"},
		"no model":  {&Saved{}, ErrEmpty, "model: has no layers"},
		"no layers": {bare(&Model{}), ErrEmpty, "model: has no layers"},
		"mean": {&Saved{Model: m, Scaler: &dataset.Scaler{Mean: []float64{1}, Std: []float64{1, 1}}},
			ErrMismatch, "scaler: got 1 mean and 2"},
		"mean NaN": {&Saved{Model: m,
			Scaler: &dataset.Scaler{Mean: []float64{1, math.NaN()},
				Std: []float64{1, 1}}}, ErrValue, "scaler: column 1: got mean NaN"},
		"std 0": {&Saved{Model: m, Scaler: &dataset.Scaler{Mean: []float64{1, 1}, Std: []float64{0, 1}}},
			ErrValue, "scaler: column 0"},
		"std infinite": {&Saved{Model: m,
			Scaler: &dataset.Scaler{Mean: []float64{1, 1}, Std: []float64{1, math.Inf(1)}}}, ErrValue, "scaler: column 1"},
		"temperature":     {&Saved{Model: m, Temperature: -1}, ErrValue, "temperature: got -1"},
		"temperature NaN": {&Saved{Model: m, Temperature: math.NaN()}, ErrValue, "temperature: got NaN"},
		"fill":            {&Saved{Model: m, Fill: []float64{1}}, ErrMismatch, "fill: got 1 number, want 2"},
		"fill NaN":        {&Saved{Model: m, Fill: []float64{1, math.NaN()}}, ErrValue, "fill: column 1: got NaN"},
		"class names":     {&Saved{Model: m, ClassNames: []string{"a"}}, ErrMismatch, "class names: got 1, want 2"},
		"feature names":   {&Saved{Model: m, FeatureNames: []string{}}, ErrMismatch, "feature names: got 0, want 2"},
		"a class twice":   {&Saved{Model: m, ClassNames: []string{"a", "a"}}, ErrValue, `class names: got "a" twice`},
		"a feature twice": {&Saved{Model: m, FeatureNames: []string{"b", "b"}}, ErrValue, `feature names: got "b" twice`},
		"label name":      {&Saved{Model: m, LabelName: "\xff"}, ErrValue, `label name: got "\xff"`},
		"not UTF-8": {&Saved{Model: m, ClassNames: []string{"a", "\xff"}}, ErrValue,
			`class names: number 1: got "\xff"`},
	} {
		err := c.s.Save(filepath.Join(dir, "m"))
		requireError(t, err, c.kind, "train: ", c.text, name)
		_, err = c.s.Predict(table([]float32{1, 2}, 1, 2))
		requireError(t, err, c.kind, "train: ", c.text, name)
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	require.ErrorIs(t, bare(m).Save(filepath.Join(dir, "missing", "m")), fs.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o755))
	require.Error(t, bare(m).Save(filepath.Join(dir, "folder")), "a folder cannot be replaced")
	left, err = os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1, "no temporary file is left")
	_, err = Load(filepath.Join(dir, "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	_, err = Load(dir)
	requireFileError(t, err, "want a regular file")
}

// Readers beside a writer, and writers beside each other, only ever see whole files.
func TestSaveIsAtomic(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m")
	models := []*Model{newModel([]int{9, 50, 3}, 1), newModel([]int{2, 2}, 2)}
	require.NoError(t, bare(models[0]).Save(path))
	var writers sync.WaitGroup
	for _, m := range models {
		writers.Go(func() {
			for range 30 {
				if err := bare(m).Save(path); err != nil {
					panic(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writers.Wait(); close(done) }()
	for reads := 0; ; reads++ {
		s, err := Load(path)
		require.NoError(t, err, "read %d", reads)
		require.Contains(t, []string{"[9 50 3]", "[2 2]"}, fmt.Sprint(s.Model.Sizes()))
		select {
		case <-done:
			left, err := os.ReadDir(filepath.Dir(path))
			require.NoError(t, err)
			require.Len(t, left, 1)
			return
		default:
		}
	}
}

func FuzzLoad(f *testing.F) {
	full, err := savedSample().encode()
	require.NoError(f, err)
	small, err := bare(newModel([]int{1, 1}, 0)).encode()
	require.NoError(f, err)
	for _, seed := range [][]byte{nil, full, small, small[:len(small)-3], rawFile("{}", "")} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		// With the right checksum, so that the fuzzer gets behind it.
		sealed, err := decodeResealed(file, modelKind)
		if err != nil {
			requireFileError(t, err)
			return
		}
		s, err := decodeSaved(sealed)
		if err != nil {
			requireFileError(t, inFile("file", err))
			require.Nil(t, s)
			return
		}
		again, err := s.encode()
		require.NoError(t, err)
		_, err = safetensors.Decode(again, modelKind)
		require.NoError(t, err)
	})
}

// randomDamage returns a changed copy of a file: bits flipped, bytes replaced, cut off, put in,
// taken out, or put at the end.
func randomDamage(r *rand.Rand, file []byte) []byte {
	out := append([]byte(nil), file...)
	at, n := r.IntN(len(out)), 1+r.IntN(16)
	switch r.IntN(8) {
	case 0, 1, 2:
		for range 1 + r.IntN(3) {
			out[r.IntN(len(out))] ^= 1 << r.IntN(8)
		}
	case 3:
		out[r.IntN(min(len(out), 400))] ^= 1 << r.IntN(8) // length and header
	case 4:
		out = out[:at]
	case 5:
		for range n {
			out = append(out, byte(r.IntN(256)*r.IntN(2)))
		}
	case 6:
		out = append(out[:at], out[min(at+n, len(out)):]...)
	case 7:
		out = append(out[:at], append(make([]byte, n), file[at:]...)...)
	}
	return out
}
