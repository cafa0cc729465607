//go:build unix

package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A real process that gets a real signal.
func TestSignals(t *testing.T) {
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			cmd := exec.Command(os.Args[0], "-epochs", "100000", "-hidden", "8", "-noplots")
			cmd.Env = append(os.Environ(), runAsDemo+"=1")
			out, err := cmd.StdoutPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			read := bufio.NewReader(out)
			for line := ""; !strings.HasPrefix(line, "training "); {
				line, err = read.ReadString('\n')
				require.NoError(t, err)
			}
			require.NoError(t, cmd.Process.Signal(signal))
			rest, err := io.ReadAll(read)
			require.NoError(t, err)
			var exit *exec.ExitError
			require.ErrorAs(t, cmd.Wait(), &exit)
			assert.Equal(t, exitInterrupted, exit.ExitCode())
			assert.Contains(t, string(rest), "\nstopped after ")
			assert.Contains(t, string(rest), "\nfinished in ")
		})
	}
}

// While a file is read there is nothing to save: the first signal ends the process.
func TestSignalWhileReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "fifo")
	require.NoError(t, syscall.Mkfifo(path, 0o600))
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-data", path)
	cmd.Env = append(os.Environ(), runAsDemo+"=1")
	require.NoError(t, cmd.Start())
	w, err := os.OpenFile(path, os.O_WRONLY, 0) // returns when the process reads
	require.NoError(t, err)
	defer w.Close()
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	var exit *exec.ExitError
	require.ErrorAs(t, cmd.Wait(), &exit)
	assert.Equal(t, syscall.SIGINT, exit.Sys().(syscall.WaitStatus).Signal())
}
