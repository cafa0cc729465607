// Package phrase says values and numbers of things in sentences: short, on one line.
package phrase

import (
	"fmt"
	"strconv"
	"strings"
)

// most is how many runes of a text are shown.
const most = 40

// Quote is strconv.Quote of at most the first 40 runes of s, with … behind them where there are
// more.
func Quote(s string) string {
	runes := 0
	for i := range s {
		if runes == most {
			return strconv.Quote(s[:i] + "…")
		}
		runes++
	}
	return strconv.Quote(s)
}

// Value is Quote of a string, and anything else as fmt prints it.
func Value(v any) string {
	if s, isText := v.(string); isText {
		return Quote(s)
	}
	return fmt.Sprint(v)
}

// Twice returns the first name that stands behind itself; "" is none. twice is false where there is
// no such name.
func Twice(names []string) (name string, twice bool) {
	seen := make(map[string]bool, len(names))
	for _, name := range names {
		if seen[name] {
			return name, true
		}
		seen[name] = name != ""
	}
	return "", false
}

// List is the first 20 of the names, quoted, and how many more there are.
func List(names []string) string {
	const most = 20
	var quoted []string
	for _, name := range names[:min(most, len(names))] {
		quoted = append(quoted, Quote(name))
	}
	text := strings.Join(quoted, ", ")
	if len(names) > most {
		text += " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return text
}

// Plural returns "1 cell", "2 cells", "2 entries", "2 keys",
// "2 classes".
func Plural(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "s"):
		noun += "es"
	case strings.HasSuffix(noun, "y") && !strings.HasSuffix(noun, "ey"):
		noun = strings.TrimSuffix(noun, "y") + "ies"
	default:
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// Or joins words as in a sentence, those to choose from.
func Or(words []string) string { return join(words, "or") }

// And joins words as in a sentence, those that all are meant.
func And(words []string) string { return join(words, "and") }

func join(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
