package main

import (
	"fmt"
	"io"
	"strings"
)

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
func printOverview(w io.Writer, all []command) {
	var b strings.Builder
	b.WriteString(overviewIntro)
	for i, c := range all {
		about := c.about
		if i == 0 {
			about += " (default)"
		}
		fmt.Fprintf(&b, "  %-9s%s\n", c.name, about)
	}
	b.WriteString(overviewEnd)
	io.WriteString(w, b.String())
}
