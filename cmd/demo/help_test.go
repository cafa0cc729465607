package main

import (
	"cmp"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/predict"
	"softloss/cmd/demo/internal/run"
	"softloss/cmd/demo/internal/study"
	"softloss/losses"
)

// listOfLosses is the help of -loss, which is as long as there are losses.
var listOfLosses = regexp.MustCompile(`(?s)-loss NAME .*?\(default\s+ce\)\n`)

// A new loss is in the help without a word more.
func TestHelpNamesEveryLoss(t *testing.T) {
	_, help, _ := demo(t, "train", "-h")
	list := strings.Join(strings.Fields(listOfLosses.FindString(help)), " ")
	for _, name := range losses.LossNames() {
		assert.Contains(t, list, name)
	}
}

func TestHelp(t *testing.T) {
	for name, args := range map[string][]string{
		"help.golden":          {"-h"},
		"help_train.golden":    {"train", "-h"},
		"help_compare.golden":  {"compare", "--help"},
		"help_predict.golden":  {"predict", "-h"},
		"help_evaluate.golden": {"evaluate", "-h"},
	} {
		code, stdout, stderr := demo(t, args...)
		assert.Equal(t, exitDone, code, name)
		assert.Empty(t, stderr, name)
		demotest.Golden(t, name, listOfLosses.ReplaceAllString(stdout, "-loss NAME ...\n"))
		for line := range strings.SplitSeq(stdout, "\n") {
			assert.LessOrEqual(t, len([]rune(line)), 80, line)
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	for _, c := range commands(nil) {
		_, help, _ := demo(t, c.name, "-h")
		for _, f := range c.flags {
			assert.Contains(t, help, "\n  -"+f.Name+" ", f.Name)
		}
	}
}

func TestHelpWords(t *testing.T) {
	for words, flags := range map[string]string{"help": "-h", "version": "-h", "help compare": "compare -h",
		"help predict": "predict -h", "help train epochs": "train -h"} {
		code, got, stderr := demo(t, strings.Fields(words)...)
		_, want, _ := demo(t, strings.Fields(flags)...)
		assert.Equal(t, exitDone, code, words)
		assert.Empty(t, stderr, words)
		assert.Equal(t, want, got, words)
	}
}

// A flag that the help of another one names is of that command, or of the one that it says.
func TestHelpNamesNoOtherFlag(t *testing.T) {
	flags := map[string][]string{}
	for _, c := range commands(nil) {
		for _, f := range c.flags {
			flags[c.name] = append(flags[c.name], f.Name)
		}
	}
	named := regexp.MustCompile(`(?:demo ([a-z]+) |[ (])-([a-z][a-z0-9]*)`)
	for _, c := range commands(nil) {
		for _, f := range c.flags {
			for _, m := range named.FindAllStringSubmatch(" "+f.Help, -1) {
				of := cmp.Or(m[1], c.name)
				assert.Contains(t, flags[of], m[2], "demo %s -%s: %s", c.name, f.Name, f.Help)
			}
		}
	}
}

// Every example of the helps is a command line that is understood.
func TestHelpExamples(t *testing.T) {
	n := 0
	for _, c := range commands(nil) {
		_, help, _ := demo(t, c.name, "-h")
		for line := range strings.SplitSeq(help, "\n") {
			rest, isExample := strings.CutPrefix(line, "  demo ")
			if !isExample {
				continue
			}
			n++
			example, _, _ := strings.Cut(strings.ReplaceAll(rest, "ce sce 10*nce+mae gce:q=0.5",
				"ce;sce;10*nce+mae;gce:q=0.5"), "  ")
			words := strings.Fields(strings.ReplaceAll(example, `"`, ""))
			var err error
			switch words[0] {
			case "train":
				_, err = run.Parse(words[1:])
			case "compare":
				_, err = study.Parse(words[1:])
			case "evaluate":
				_, err = predict.ParseEvaluation(words[1:])
			case "predict":
				_, err = predict.Parse(words[1:])
			}
			assert.NoError(t, err, line)
		}
	}
	assert.Equal(t, 31, n)
}
