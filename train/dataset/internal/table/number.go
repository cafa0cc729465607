package table

import (
	"errors"
	"math"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Number reads a cell as people write numbers: 12, -0.5, .5, 1e-3, with decimal in the place of the
// point. isNumber is true for everything that has the form of a number, among it NaN, infinity and
// what is beyond float64, whose v is not finite.
func Number(cell string, decimal rune) (v float64, isNumber bool) {
	if decimal == ',' {
		if strings.Contains(cell, ".") {
			return 0, false
		}
		cell = strings.Replace(cell, ",", ".", 1)
	}
	for _, c := range cell { // ParseFloat takes 1_10 and 0x1p4 too
		if c == '_' || c == 'x' || c == 'X' || c == 'p' || c == 'P' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(cell, 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.Inf(1), true
	}
	return v, err == nil
}

// Exact reports whether a number is held exactly, if it is a whole one: beyond 2^53 float64 does
// not tell all of them apart.
func Exact(cell string, v float64) bool {
	if math.Abs(v) < 1<<53 {
		return true
	}
	whole, ok := new(big.Int).SetString(cell, 10)
	if !ok {
		return true
	}
	held, _ := big.NewFloat(v).Int(nil)
	return held.Cmp(whole) == 0
}

// WantExact is what is wanted in the place of a number that is not exact.
const WantExact = "a whole number that float64 tells from the next one: subtract the smallest, or shorten all of them"

// Missing reports whether a cell is one of the usual signs for a value that is not there: those of
// pandas' read_csv, in any case of letters, and ?. But for None, which Python writes, as pandas has
// it: none may be a word.
func Missing(cell string) bool {
	switch strings.ToLower(cell) {
	case "", "?", "na", "n/a", "nan", "-nan", "null", "#n/a", "#n/a n/a", "#na", "<na>", "1.#ind", "-1.#ind", "1.#qnan",
		"-1.#qnan":
		return true
	}
	return cell == "None"
}

var (
	plain     = `[+-]?\d+(?:[.,]\d+)?`
	separated = regexp.MustCompile(`^[+-]?\d{1,3}(?:[,.' \x{a0}\x{202f}]\d{3})+(?:[.,]\d+)?$`)
	comma     = regexp.MustCompile(`^[+-]?\d*,\d+$`)
	percent   = regexp.MustCompile(`^` + plain + `\s?%$`)
	currency  = regexp.MustCompile(`^[+-]?[$€£¥₹]\s?[+-]?[\d.,]*\d$|^` + plain + `\s?[$€£¥₹]$`)
	withUnit  = regexp.MustCompile(`^` + plain + `(\s?)([^\d\s]\S*)$`)
	goLiteral = regexp.MustCompile(`^[+-]?(?:\d[\d_]*_[\d_]*(?:\.\d+)?|0[xX][0-9a-fA-F][0-9a-fA-F_.]*(?:[pP][+-]?\d+)?)$`)
)

// The units that are recognised: those of one letter only behind a space, where they are no part of
// a name such as 4K.
var (
	units = []string{"mm", "cm", "km", "ft", "mi", "kg", "mg", "lb", "lbs", "oz", "ml", "ms", "min", "sec", "hr", "hrs",
		"°C", "°F", "°",
		"Hz", "kHz", "MHz", "GHz", "kB", "KB", "MB", "GB", "TB", "mph", "km/h", "kW", "mV", "cm²", "m²", "km²",
		"USD", "EUR", "GBP"}
	letters = []string{"m", "g", "l", "L", "s", "h", "V", "A", "W"}
)

// Notation says, where a cell is a number as this package does not read it, how it is written; else
// it is "".
func Notation(cell string, decimal rune) string {
	switch {
	case percent.MatchString(cell):
		return "with a percent sign"
	case currency.MatchString(cell):
		return "with a currency"
	case decimal != ',' && comma.MatchString(cell) && !separated.MatchString(cell):
		return pointComma
	case separated.MatchString(cell):
		return "with separators between its digits"
	case goLiteral.MatchString(cell):
		return "as in a programming language"
	}
	if m := withUnit.FindStringSubmatch(cell); m != nil && (slices.Contains(units, m[2]) || m[1] != "" &&
		slices.Contains(letters, m[2])) {
		return "with a unit"
	}
	return ""
}

// WantPlain is what is wanted in the place of a number in a notation that [Notation] names, and the
// option that reads it, "" for none.
func WantPlain(how string) (want, option string) {
	if how == pointComma {
		option = "Decimal"
	}
	return "a number as 1234.5: this one is written " + how, option
}

// pointComma is the notation that an option reads.
const pointComma = "with a comma for its point"
