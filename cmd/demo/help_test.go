package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// helps are the helps of all commands and the name of each golden file.
func helps() map[string][]string {
	return map[string][]string{
		"help.golden":         {"-h"},
		"help_train.golden":   {"train", "-h"},
		"help_compare.golden": {"compare", "--help"},
		"help_plot.golden":    {"plot", "-help"},
		"help_predict.golden": {"predict", "-h"},
	}
}

func TestHelp(t *testing.T) {
	for name, args := range helps() {
		code, stdout, stderr := demo(t, args...)
		assert.Equal(t, exitDone, code, name)
		assert.Empty(t, stderr, name)
		golden(t, name, stdout)
		for line := range strings.SplitSeq(stdout, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 80, line)
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	for name, table := range map[string][]option{
		"train": new(options).table(), "compare": new(studyOptions).table(), "plot": new(plotOptions).table(), "predict": new(predictOptions).table(),
	} {
		_, help, _ := demo(t, name, "-h")
		for _, f := range table {
			assert.Contains(t, help, "\n  -"+f.name+" ", f.name)
		}
	}
}

func TestHelpWords(t *testing.T) {
	for words, flags := range map[string]string{"help": "-h", "version": "-h", "help compare": "compare -h", "help predict": "predict -h"} {
		code, got, stderr := demo(t, strings.Fields(words)...)
		_, want, _ := demo(t, strings.Fields(flags)...)
		assert.Equal(t, exitDone, code, words)
		assert.Empty(t, stderr, words)
		assert.Equal(t, want, got, words)
	}
}

// Every example of the helps is a command line that is understood.
func TestHelpExamples(t *testing.T) {
	n := 0
	for _, intro := range []string{helpIntro, compareIntro, plotIntro, predictIntro} {
		for line := range strings.SplitSeq(intro, "\n") {
			rest, isExample := strings.CutPrefix(line, "  demo ")
			if !isExample {
				continue
			}
			n++
			example, _, _ := strings.Cut(strings.ReplaceAll(rest, "ce sce 10*nce+mae gce:q=0.5", "ce;sce;10*nce+mae;gce:q=0.5"), "  ")
			words := strings.Fields(strings.ReplaceAll(example, `"`, ""))
			var err error
			switch words[0] {
			case "train":
				_, err = parseArgs(words[1:])
			case "compare":
				_, err = parseStudy(words[1:])
			case "plot":
				_, err = parseFlags("plot", new(plotOptions).table(), words[1:])
			case "predict":
				_, err = parseFlags("predict", new(predictOptions).table(), words[1:])
			}
			assert.NoError(t, err, line)
		}
	}
	assert.Equal(t, 27, n)
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
