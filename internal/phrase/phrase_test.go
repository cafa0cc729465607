package phrase

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQuote(t *testing.T) {
	forty := strings.Repeat("é", 40)
	require.Equal(t, `"`+forty+`"`, Quote(forty))
	require.Equal(t, `"`+forty+`…"`, Quote(forty+"x"))
	require.Equal(t, `"a\n\x1b\xff"`, Quote("a\n\x1b\xff"))
	require.Equal(t, `"a"`, Value("a"))
	require.Equal(t, "3", Value(3))
}

func TestList(t *testing.T) {
	require.Equal(t, `"a", "b"`, List([]string{"a", "b"}))
	require.Equal(t, strings.Repeat(`"a", `, 19)+`"a" and 2 more`, List(strings.Split(strings.Repeat("a", 22), "")))
}

func TestTwice(t *testing.T) {
	for _, names := range [][]string{nil, {""}, {"a", "", "b", ""}} {
		name, twice := Twice(names)
		require.False(t, twice)
		require.Empty(t, name)
	}
	name, twice := Twice([]string{"a", "b", "", "b", "", "a"})
	require.True(t, twice)
	require.Equal(t, "b", name)
}

func TestPlural(t *testing.T) {
	for want, c := range map[string]struct {
		n    int
		noun string
	}{"1 cell": {1, "cell"}, "0 cells": {0, "cell"},
		"2 entries": {2, "entry"}, "2 keys": {2, "key"}, "2 classes": {2, "class"}} {
		require.Equal(t, want, Plural(c.n, c.noun))
	}
}

func TestOr(t *testing.T) {
	for want, words := range map[string][]string{"": nil, "a": {"a"}, "a or b": {"a", "b"}, "a, b or c": {"a", "b", "c"}} {
		require.Equal(t, want, Or(words))
	}
	require.Equal(t, "a, b and c", And([]string{"a", "b", "c"}))
}
