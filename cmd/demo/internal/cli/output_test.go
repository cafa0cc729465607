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
	require.NoError(t, o.Prepare())
	assert.DirExists(t, "a/b")
	left, err := os.ReadDir("a/b")
	require.NoError(t, err)
	assert.Empty(t, left)
	o = Output{Out: "new/", JSONFile: "new/x.json"}
	require.NoError(t, o.Prepare(), "the file is in the folder that is to be made")
	const locked = "/proc/self/fd" // not even root can make a file there
	if _, err := os.Stat(locked); err != nil {
		t.Skip("no " + locked)
	}
	for _, o := range []Output{{Out: locked}, {Out: "a", JSONFile: locked + "/x.json"}} {
		err := o.Prepare()
		require.ErrorIs(t, err, ErrUsage)
		assert.ErrorContains(t, err, locked)
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
