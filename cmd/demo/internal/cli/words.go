package cli

import (
	"fmt"
	"strings"
)

// Count returns how many things there are in words, such as 1 row or 2 rows.
func Count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// List joins words as in a sentence, with last, such as and, between the last two.
func List(words []string, last string) string {
	n := len(words) - 1
	if n < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:n], ", ") + " " + last + " " + words[n]
}
