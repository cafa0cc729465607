package cli

import (
	"bytes"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A folder in which nothing can be written is found before the work.
func TestPrepare(t *testing.T) {
	t.Chdir(t.TempDir())
	o := Output{Out: "a/b", JSONFile: "x.json"}
	require.NoError(t, o.Prepare(nil))
	assert.DirExists(t, "a/b")
	left, err := os.ReadDir("a/b")
	require.NoError(t, err)
	assert.Empty(t, left)
	o = Output{Out: "new/", JSONFile: "new/x.json"}
	require.NoError(t, o.Prepare(nil), "the file is in the folder that is to be made")
	const locked = "/proc/self/fd" // not even root can make a file there
	if _, err := os.Stat(locked); err != nil {
		t.Skip("no " + locked)
	}
	for _, o := range []Output{{Out: locked}, {Out: "a", JSONFile: locked + "/x.json"}} {
		err := o.Prepare(nil)
		require.ErrorIs(t, err, ErrUsage)
		assert.ErrorContains(t, err, locked)
	}
}

// The file of -json is none of those that the command reads, or writes, by whatever path.
func TestCheckJSON(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("data.csv", nil, 0o666))
	require.NoError(t, os.Mkdir("out", 0o777))
	require.NoError(t, os.Symlink("out", "link"))
	for path, want := range map[string]string{
		"./data.csv":        "-json ./data.csv: is a file that is read, want another one",
		"out/../out/a.onnx": "-json out/../out/a.onnx: is a file that something else is written to, want another one",
		"link/a.onnx":       "-json link/a.onnx: is a file that something else is written to, want another one",
		"new/a.onnx":        "-json new/a.onnx: is a file that something else is written to, want another one",
		"out/b.onnx":        "",
		"a.onnx":            "",
	} {
		o := Output{Out: "new", JSONFile: path}
		err := o.CheckJSON([]string{"data.csv", "", "none"}, "out/a.onnx", "new/a.onnx")
		if want == "" {
			assert.NoError(t, err, path)
			continue
		}
		assert.EqualError(t, err, want)
		assert.ErrorIs(t, err, ErrUsage)
	}
}

// The first error counts, whatever can be written later.
func TestWatched(t *testing.T) {
	var b bytes.Buffer
	w := &Watched{Writer: &b}
	_, err := CleanWriter{w}.Write([]byte("a"))
	require.NoError(t, err)
	w.Err = errors.New("full")
	_, err = CleanWriter{w}.Write([]byte("b"))
	assert.Equal(t, w.Err, err)
	assert.Equal(t, "a", b.String())
}
