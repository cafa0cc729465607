package durable

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWriteFileFails: a file that cannot be written to its end leaves what was there, and nothing
// beside it.
func TestWriteFileFails(t *testing.T) {
	if out := os.Getenv("DURABLE_OUT"); out != "" { // the process that may write little
		err := WriteFile(filepath.Join(out, "a"), bytes.Repeat([]byte("new"), 1<<16))
		require.Error(t, err)
		assert.ErrorContains(t, err, "write "+filepath.Join(out, "a")+": ")
		return
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell that limits what is written")
	}
	out := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(out, "a"), []byte("old"), 0o666))
	c := exec.Command(sh, "-c", `ulimit -f 8 && exec "$0" -test.run=TestWriteFileFails`, os.Args[0])
	c.Env = append(os.Environ(), "DURABLE_OUT="+out)
	said, err := c.CombinedOutput()
	require.NoError(t, err, "%s", said)
	left, err := os.ReadFile(filepath.Join(out, "a"))
	require.NoError(t, err)
	assert.Equal(t, "old", string(left))
	assert.Len(t, names(t, out), 1)
}

// TestWriteFile: a file is replaced, but for its permissions; a link is written through, to the
// file that it names.
func TestWriteFile(t *testing.T) {
	out := t.TempDir()
	path, link := filepath.Join(out, "a"), filepath.Join(out, "link")
	require.NoError(t, WriteFile(path, []byte("one")))
	require.NoError(t, os.Chmod(path, 0o600))
	require.NoError(t, WriteFile(path, []byte("two")))
	if info, err := os.Stat(path); assert.NoError(t, err) && runtime.GOOS != "windows" {
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	want, files := "two", []string{"a"}
	if err := os.Symlink("a", link); err == nil {
		require.NoError(t, WriteFile(link, []byte("three")))
		want, files = "three", append(files, "link")
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(content))
	assert.Equal(t, files, names(t, out))
	assert.ErrorIs(t, WriteFile(filepath.Join(out, "no", "a"), nil), fs.ErrNotExist)
	assert.ErrorContains(t, WriteFile(filepath.Join(out, "no", "a"), nil), filepath.Join("no", "a")+": ")
}

func names(t *testing.T, folder string) (all []string) {
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
