package figure

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"gonum.org/v1/plot/vg"
)

func TestCut(t *testing.T) {
	assert.Equal(t, "short", cut(FontText, 0, "short"))
	assert.Equal(t, "short", cut(FontText, 100, "short"))
	long := cut(FontText, 60, "a class with quite a long name, number 17")
	assert.True(t, strings.HasPrefix(long, "a cl") && strings.HasSuffix(long, "17") && strings.Contains(long, "…"), long)
	assert.LessOrEqual(t, TextWidth(FontText, long), vg.Length(60))
	assert.Equal(t, "…", cut(FontText, 1, "ab")[len("a"):], "a letter stays")
}
