package cli

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"":                        "",
		"plain\n\ttext, naïve 日本": "plain\n\ttext, naïve 日本",
		"\x1b[2Jred\a\r":          `\x1b[2Jred\x07\x0d`,
		"\u009b31m":               `\x9b31m`,
		"abc\u202egnp.exe":        `abc\u202egnp.exe`,
		"می\u200cخواهم":           "می\u200cخواهم", // a joiner that Persian needs
	} {
		assert.Equal(t, want, Clean(text))
	}
	assert.Equal(t, `two lines, \x1b`, OneLine("two\nlines, \t\x1b "))
	var b bytes.Buffer
	n, err := fmt.Fprintf(CleanWriter{&b}, "a%sb", "\x1b")
	require.NoError(t, err)
	assert.Equal(t, 3, n)
	assert.Equal(t, `a\x1bb`, b.String())
}
