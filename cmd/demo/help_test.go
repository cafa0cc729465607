package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestHelp(t *testing.T) {
	for _, arg := range []string{"-h", "-help", "--help"} {
		code, stdout, stderr := demo(t, arg)
		assert.Equal(t, exitDone, code, arg)
		assert.Empty(t, stderr, arg)
		golden(t, "help.golden", stdout)
	}
}

func TestHelpNamesEveryFlagAndFitsATerminal(t *testing.T) {
	_, help, _ := demo(t, "-h")
	var o options
	for _, f := range o.table() {
		assert.Contains(t, help, "\n  -"+f.name+" ", f.name)
	}
	for line := range strings.SplitSeq(help, "\n") {
		assert.LessOrEqual(t, len([]rune(line)), 80, line)
	}
}

// Every example of the help is a command line that is understood.
func TestHelpExamples(t *testing.T) {
	n := 0
	for line := range strings.SplitSeq(helpIntro, "\n") {
		rest, isExample := strings.CutPrefix(line, "  demo ")
		if !isExample {
			continue
		}
		n++
		flags, _, _ := strings.Cut(rest, "  ")
		_, err := parseArgs(strings.Fields(flags))
		assert.NoError(t, err, line)
	}
	assert.Equal(t, 6, n)
}

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one two", []string{"one two"}},
		{"one two three", []string{"one two", "three"}},
		{"one\ntwo three four", []string{"one", "two", "three", "four"}},
		{"unbreakable", []string{"unbreakable"}},
		{"an unbreakable", []string{"an", "unbreakable"}},
	} {
		width := 7
		if strings.Contains(tc.text, "\n") {
			width = 5
		}
		assert.Equal(t, tc.want, wrap(tc.text, width), tc.text)
	}
}
