package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWrap(t *testing.T) {
	for _, tc := range []struct {
		text string
		want []string
	}{
		{"", []string{""}},
		{"one two", []string{"one two"}},
		{"one two three", []string{"one two", "three"}},
		{"one\ntwo three four", []string{"one", "two", "three", "four"}},
		{"unbreakable", []string{"unbreakable"}},
		{"an unbreakable", []string{"an", "unbreakable"}},
	} {
		width := 7
		if strings.Contains(tc.text, "\n") {
			width = 5
		}
		assert.Equal(t, tc.want, wrap(tc.text, width), tc.text)
	}
}
