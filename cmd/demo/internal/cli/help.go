package cli

import (
	"fmt"
	"strings"
)

// Columns of the list of flags.
const (
	helpFlags = 22
	helpText  = 56
)

// FlagList returns the flags of a command as -h shows them, below the headings of their groups.
func FlagList(flags []Flag) string {
	var b strings.Builder
	group := ""
	for _, f := range flags {
		if f.Group != group {
			if group != "" {
				b.WriteByte('\n')
			}
			group = f.Group
			fmt.Fprintf(&b, "%s:\n", group)
		}
		text := f.Help
		if f.Default != "" && f.Default != "0" && f.Arg != "" {
			text += " (default " + f.Default + ")"
		}
		head := strings.TrimSpace("-" + f.Name + " " + f.Arg)
		for _, line := range wrap(text, helpText) {
			fmt.Fprintf(&b, "  %-*s%s\n", helpFlags, head, line)
			head = ""
		}
	}
	return b.String()
}

// wrap breaks text at spaces into lines of at most width characters where it can, and keeps its
// line breaks.
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
