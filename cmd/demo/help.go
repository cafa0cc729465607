package main

import (
	"fmt"
	"io"
	"strings"
)

const helpIntro = `demo trains a small classifier with the losses of this module, shows how well
it does and draws what the losses do. Without flags it learns to read
handwritten digits.

Usage: demo [flags]

Examples:
  demo                                  digits, labels smoothed by 0.1
  demo -noise 0.4 -loss mae             a loss that withstands wrong labels
  demo -data housing -hidden none       soft labels: how real people answered
  demo -data flowers.csv -label kind    your own table, the class in column kind
  demo -data votes.csv -soft 3 -counts  the last 3 columns count votes per class
  demo -epochs 5 -json - -noplots       a summary for programs
`

const helpEnd = `
Features are scaled to mean 0 and standard deviation 1 of the training rows.
Ctrl-C stops the training and reports what was learned; a second one ends at
once. Exit status: 0 done, 1 failed, 2 wrong flag, value or file, 130 stopped
by Ctrl-C.
`

// Columns of the list of flags.
const (
	helpFlags = 22
	helpText  = 56
)

// printHelp writes what -h shows.
func printHelp(w io.Writer) {
	var b strings.Builder
	b.WriteString(helpIntro)
	group := ""
	var o options
	for _, f := range o.table() {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n%s:\n", group)
		}
		text := f.help
		if f.def != "" && f.def != "0" && f.arg != "" {
			sep := " "
			if strings.Contains(text, "\n") {
				sep = "\n"
			}
			text += sep + "(default " + f.def + ")"
		}
		head := strings.TrimSpace("-" + f.name + " " + f.arg)
		for _, line := range wrap(text, helpText) {
			fmt.Fprintf(&b, "  %-*s%s\n", helpFlags, head, line)
			head = ""
		}
	}
	b.WriteString(helpEnd)
	io.WriteString(w, b.String())
}

// wrap breaks text at spaces into lines of at most width characters where it can, and keeps its line breaks.
func wrap(text string, width int) []string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		for len(paragraph) > width {
			i := strings.LastIndex(paragraph[:width+1], " ")
			if i <= 0 {
				break
			}
			lines = append(lines, paragraph[:i])
			paragraph = paragraph[i+1:]
		}
		lines = append(lines, paragraph)
	}
	return lines
}
