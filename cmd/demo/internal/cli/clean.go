package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Clean returns a text in which control characters, except for line breaks and tabs, and characters
// that change the direction of writing are written as Go writes them, such as \x1b: a terminal or a
// browser would obey them instead of showing them.
func Clean(text string) string {
	if !strings.ContainsFunc(text, obeyed) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !obeyed(r):
			b.WriteRune(r)
		case r < 0x100:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// OneLine is [Clean] of a text that stands in a line with others, such as the name of a class:
// white space and line breaks become one space.
func OneLine(text string) string { return Clean(strings.Join(strings.Fields(text), " ")) }

// obeyed reports whether a terminal or a browser obeys a character.
func obeyed(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// CleanWriter passes on what is written to it after [Clean].
type CleanWriter struct{ io.Writer }

// Write implements io.Writer. A character must not be split between two calls.
func (w CleanWriter) Write(p []byte) (int, error) {
	if _, err := w.Writer.Write([]byte(Clean(string(p)))); err != nil {
		return 0, err
	}
	return len(p), nil
}
