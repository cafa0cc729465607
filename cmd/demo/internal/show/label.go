package show

import (
	"strconv"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// label returns the name of a class, or its number when the font lacks a letter of it.
func label(t *record.Test, k int) string {
	if name := cli.OneLine(t.ClassName(k)); figure.Drawable(name) {
		return name
	}
	return strconv.Itoa(k)
}
