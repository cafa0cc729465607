package cli

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	var o struct {
		name, def string
		on, off   bool
	}
	flags := []Flag{
		Value("name", "NAME", "", "", AnyText(&o.name)), Value("def", "X", "some", "", AnyText(&o.def)),
		Switch("on", "", &o.on), Switch("off", "", &o.off),
	}
	rest, err := Parse("x", flags, []string{"a", "-name", "-5", "--on", "-", "-off=false", "--", "-name", "b"})
	require.NoError(t, err)
	assert.Equal(t, []string{"a", "-", "-name", "b"}, rest)
	assert.Equal(t, []any{"-5", "some", true, false}, []any{o.name, o.def, o.on, o.off})
	_, err = Parse("x", flags, []string{"-name=a=b", "-on=false"})
	require.NoError(t, err)
	assert.Equal(t, []any{"a=b", false}, []any{o.name, o.on})
	for arg, want := range map[string]string{
		"-nam":    "unknown flag -nam, did you mean -name? demo x -h lists all",
		"-zzz":    "unknown flag -zzz; demo x -h lists all",
		"-name":   "flag -name needs a value; see demo x -h",
		"-on=yes": `invalid value "yes" for flag -on: want true or false, or nothing`,
	} {
		_, err := Parse("x", flags, []string{arg})
		require.ErrorIs(t, err, ErrUsage)
		assert.EqualError(t, err, want)
	}
	for _, arg := range []string{"-h", "--help"} {
		_, err := Parse("x", flags, []string{"-on", arg})
		assert.ErrorIs(t, err, ErrHelp)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"labels", "label", "epochs", "batch", "lr", "l2", "out"}
	for word, want := range map[string]string{"lable": "label", "epoch": "epochs", "epcohs": "epochs",
		"bacth": "batch", "hidden": "",
		"l": "", "oout": "out", "": ""} {
		assert.Equal(t, want, Nearest(word, names), word)
	}
	assert.Equal(t, []int{0, 3, 3, 1}, []int{distance("a", "a"), distance("", "abc"), distance("kitten", "sitting"),
		distance("ab", "ba")})
}
