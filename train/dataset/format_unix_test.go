//go:build unix

package dataset

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Of a pipe nothing is taken: not even its writer is waited for.
func TestFormatOfPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	got, err := FormatOf(path)
	require.NoError(t, err)
	assert.Equal(t, FormatCSV, got)
}
