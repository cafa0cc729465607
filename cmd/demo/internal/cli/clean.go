package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Clean is a text without what a terminal or a browser would obey instead of showing it: control
// characters but line breaks and tabs, and those that turn the direction of writing. They are
// written as Go writes them, \x1b.
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

func obeyed(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

// CleanWriter writes what is written to it [Clean].
type CleanWriter struct{ io.Writer }

// Write writes whole characters.
func (w CleanWriter) Write(p []byte) (int, error) {
	if _, err := w.Writer.Write([]byte(Clean(string(p)))); err != nil {
		return 0, err
	}
	return len(p), nil
}
