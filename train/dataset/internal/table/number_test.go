package table

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNumber(t *testing.T) {
	for cell, want := range map[string]float64{"12": 12, "-0.5": -.5, "+.5": .5, "7.": 7, "1e-3": 1e-3, "1E+05": 1e5,
		"1e400": math.Inf(1), "-inf": math.Inf(-1)} {
		v, ok := Number(cell, '.')
		require.True(t, ok, cell)
		require.Equal(t, want, v)
	}
	v, ok := Number("NaN", '.')
	require.True(t, ok && v != v)
	for _, cell := range []string{"", "x", "1_000", "0x10", "0x1p4", "1,5", "12%", "1 000", "--1", "1e"} {
		_, ok := Number(cell, '.')
		require.False(t, ok, cell)
	}
	v, ok = Number("-1,5e2", ',')
	require.True(t, ok)
	require.Equal(t, -150., v)
	for _, cell := range []string{"1.5", "1,5,6"} {
		_, ok := Number(cell, ',')
		require.False(t, ok, cell)
	}
}

func TestMissing(t *testing.T) {
	for _, cell := range []string{"", "?", "NA", "na", "N/A", "NaN", "nan", "NULL", "null", "None", "#N/A N/A",
		"-1.#IND"} {
		require.True(t, Missing(cell), cell)
	}
	for _, cell := range []string{"0", "none", "NONE", "-", "NAN1", "?!"} {
		require.False(t, Missing(cell), cell)
	}
}

func TestNotation(t *testing.T) {
	for cell, want := range map[string]string{
		"12 %": "with a percent sign", "€3": "with a currency", "3 $": "with a currency",
		",5": "with a comma for its point", "1,23": "with a comma for its point",
		"1,234": "with separators between its digits", "-1.234.567,8": "with separators between its digits",
		"1\u00a0234": "with separators between its digits",
		"1.5 cm":     "with a unit", "20kg": "with a unit", "5 m": "with a unit", "1_0": "as in a programming language",
		"0xFF": "as in a programming language",
		"12":   "", "red": "", "4 doors": "", "5m": "", "4K": "", "10-19": "", "2024-05-06": "", "": "", "1,234x": "",
		"12,34,56": "",
	} {
		require.Equal(t, want, Notation(cell, '.'), cell)
	}
	require.Empty(t, Notation("1,5", ','))
}
