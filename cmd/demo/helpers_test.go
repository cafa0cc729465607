package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files of this package")

// runAsDemo in the environment makes the test binary the command, for tests of a real process.
const runAsDemo = "SOFTLOSS_RUN_AS_DEMO"

func TestMain(m *testing.M) {
	if os.Getenv(runAsDemo) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// golden compares got with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o666))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

// demo runs the command in this process, not on a terminal.
func demo(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(context.Background(), args, console{&out, &err, false, "demo"})
	return code, out.String(), err.String()
}

// testdata is the absolute path of a file of testdata, for tests that change the folder.
func testdata(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	require.NoError(t, err)
	return path
}

var seconds = regexp.MustCompile(`\d+\.\d s\n`)

// withoutTime replaces what differs from run to run.
func withoutTime(text string) string { return seconds.ReplaceAllString(text, "# s\n") }

// assertSame compares what is written of two values: unlike NaN, what is not known is equal to itself.
func assertSame(t *testing.T, want, got any) {
	t.Helper()
	a, err := json.Marshal(want)
	require.NoError(t, err)
	b, err := json.Marshal(got)
	require.NoError(t, err)
	assert.JSONEq(t, string(a), string(b))
}

// readSummary reads a summary from a file.
func readSummary(t *testing.T, path string) summary {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return decode(t, content)
}
