package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
)

// runAsDemo in the environment makes the test binary the command, for tests of a real process.
const runAsDemo = "SOFTLOSS_RUN_AS_DEMO"

func TestMain(m *testing.M) {
	if os.Getenv(runAsDemo) != "" {
		main()
		return
	}
	dir, err := os.MkdirTemp("", "demo") // -out is in the current folder unless a test says otherwise
	if err == nil {
		err = os.Chdir(dir)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// demo runs the command in this process, not on a terminal.
func demo(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = execute(context.Background(), nil, args, cli.Console{Stdout: &out, Stderr: &err, Program: "demo"})
	return code, out.String(), err.String()
}

// refused wants a command line to be refused in one line, that of a pattern behind demo:, and
// nothing to be printed beside it.
func refused(t *testing.T, args, want string) {
	t.Helper()
	code, stdout, stderr := demo(t, strings.Fields(args)...)
	assert.Equal(t, exitUsage, code, args)
	assert.Empty(t, stdout, args)
	assert.Regexp(t, "^demo: "+want+"\n$", stderr, args)
	assert.NotRegexp(t, " (dataset|losses|train|metric): ", stderr, "the package that found it means nothing to a user")
}

// testdata is the path of a file of testdata.
func testdata(name string) string { return demotest.Path(name) }

var seconds = regexp.MustCompile(`\d+\.\d s\n`)

// withoutTime replaces what differs from run to run.
func withoutTime(text string) string { return seconds.ReplaceAllString(text, "# s\n") }

// readSummary reads a summary from a file.
func readSummary(t *testing.T, path string) record.Run {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return decode(t, content)
}
