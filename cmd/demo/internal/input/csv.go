package input

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"softloss/train/dataset"
)

// Header reads whether a CSV file has one.
func Header(dst *dataset.Header) func(string) error {
	return func(s string) error {
		i := slices.Index([]string{"auto", "yes", "no"}, s)
		if i < 0 {
			return errors.New("want auto, yes or no")
		}
		*dst = []dataset.Header{dataset.HeaderAuto, dataset.HeaderYes, dataset.HeaderNo}[i]
		return nil
	}
}

const CommaHelp = "what separates the cells of a CSV file: a character, or tab (default: a comma, or the semicolon or tab that stands " +
	"in the first line without one)"

// Comma reads what separates the cells of a CSV file.
func Comma(dst *rune) func(string) error {
	return func(s string) error {
		if s == "tab" || s == `\t` {
			s = "\t"
		}
		c, size := utf8.DecodeRuneInString(s)
		if size == 0 || size != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", c) {
			return errors.New("want one character that is no quote, such as ; or the word tab")
		}
		*dst = c
		return nil
	}
}
