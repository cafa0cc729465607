package cli

import (
	"io"
	"slices"
	"strings"
)

// Console is where a command writes, and how it was called.
type Console struct {
	Stdout, Stderr io.Writer
	Terminal       bool   // Stderr is a terminal, on which a progress bar can be drawn
	Program        string // what a user writes to call this program
}

// Command is a line for the shell that calls a command with these arguments, the flags that are to
// be left out aside.
func (c Console) Command(name string, args []string, without ...string) string {
	words := []string{c.Program, name}
	for i := 0; i < len(args); i++ {
		flag, _, joined := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if !strings.HasPrefix(args[i], "-") || !slices.Contains(without, flag) {
			words = append(words, ShellWord(args[i]))
		} else if !joined && flag == "checkpoint" {
			i++ // its value
		}
	}
	return strings.Join(words, " ")
}

// ShellWord is a word that a shell reads as text.
func ShellWord(text string) string {
	if text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_=+,.:/@%", r))
	}) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// ProgramName is what a user writes to call this program; go run puts it into a folder that is gone
// afterwards.
func ProgramName(arg string) string {
	if strings.Contains(arg, "go-build") {
		return "go run softloss/cmd/demo"
	}
	return arg
}
