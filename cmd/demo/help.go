package main

import (
	"fmt"
	"io"
	"strings"
)

const helpIntro = `demo train trains a small classifier with the losses of this module, shows how
well it does, saves it and draws it. Without flags it learns to read handwritten
digits.

Usage: demo train [flags], or demo [flags]

Examples:
  demo train                                  digits, labels smoothed by 0.1
  demo train -noise 0.4 -loss gce:q=0.7       withstands wrong labels
  demo train -data housing -hidden none       how real people answered
  demo train -data flowers.csv -label kind    your own table
  demo train -data votes.csv -soft 3 -counts  the last 3 columns count votes
  demo train -data x.npy -labels y.npy        arrays of NumPy; y soft or classes
  demo train -data train-images-idx3-ubyte.gz -labels train-labels-idx1-ubyte.gz
    -testdata t10k-images-idx3-ubyte.gz -testlabels t10k-labels-idx1-ubyte.gz
                                              MNIST, or Fashion-MNIST
  demo train -epochs 99 -patience 5           until the validation loss rises
  demo train -calibrate                       confidence that can be believed
  demo train -hidden 512,512 -out big         a large model; then a small one
  demo train -hidden 8 -teacher big/model.safetensors    that learns from it
  demo train -epochs 99 -checkpoint run       a run that a crash does not lose,
  demo train -epochs 99 -checkpoint run -resume  and how it goes on
  demo train -epochs 5 -json - -noplots       a summary for programs
`

const helpEnd = `
Features are scaled to mean 0 and standard deviation 1 of the training rows.
Ctrl-C stops the training, reports what was learned, saves the run and says how
to go on with it; a second one ends at once. Exit status: 0 done, 1 failed, 2
wrong flag, value or file, 130 stopped by Ctrl-C.
`

// Columns of the list of flags.
const (
	helpFlags = 22
	helpText  = 56
)

// printHelp writes what train -h shows.
func printHelp(w io.Writer) {
	var o options
	printCommandHelp(w, helpIntro, o.table(), helpEnd)
}

// printCompareHelp writes what compare -h shows.
func printCompareHelp(w io.Writer) {
	var o studyOptions
	printCommandHelp(w, compareIntro, o.table(), compareEnd)
}

// printPlotHelp writes what plot -h shows.
func printPlotHelp(w io.Writer) {
	var o plotOptions
	printCommandHelp(w, plotIntro, o.table(), plotEnd)
}

// printPredictHelp writes what predict -h shows.
func printPredictHelp(w io.Writer) {
	var o predictOptions
	printCommandHelp(w, predictIntro, o.table(), predictEnd)
}

const overviewIntro = `demo shows the losses of this module at work.

Usage: demo COMMAND [flags]

Commands:
`

const overviewEnd = `
demo COMMAND -h, or demo help COMMAND, says more, with examples. Without a
command it trains: demo alone learns to read handwritten digits in a second and
leaves a report to look at, demo-out/report.html.
`

// printOverview writes what -h without a command shows.
func printOverview(w io.Writer) {
	var b strings.Builder
	b.WriteString(overviewIntro)
	for i, c := range commands() {
		about := c.about
		if i == 0 {
			about += " (default)"
		}
		fmt.Fprintf(&b, "  %-9s%s\n", c.name, about)
	}
	b.WriteString(overviewEnd)
	io.WriteString(w, b.String())
}

// printCommandHelp writes the help of a command: its flags between two texts.
func printCommandHelp(w io.Writer, intro string, table []option, end string) {
	var b strings.Builder
	b.WriteString(intro)
	group := ""
	for _, f := range table {
		if f.group != group {
			group = f.group
			fmt.Fprintf(&b, "\n%s:\n", group)
		}
		text := f.help
		if f.def != "" && f.def != "0" && f.arg != "" {
			text += " (default " + f.def + ")"
		}
		head := strings.TrimSpace("-" + f.name + " " + f.arg)
		for _, line := range wrap(text, helpText) {
			fmt.Fprintf(&b, "  %-*s%s\n", helpFlags, head, line)
			head = ""
		}
	}
	b.WriteString(end)
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
