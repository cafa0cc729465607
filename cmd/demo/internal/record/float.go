package record

import (
	"math"
	"strconv"
)

// Float is a number that JSON shows as null when it is NaN (unknown) or infinite.
type Float float64

// Unknown is a number that is not known.
var Unknown = Float(math.NaN())

// MarshalJSON implements json.Marshaler.
func (f Float) MarshalJSON() ([]byte, error) {
	if !f.Finite() {
		return []byte("null"), nil
	}
	return strconv.AppendFloat(nil, float64(f), 'g', -1, 64), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (f *Float) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*f = Unknown
		return nil
	}
	x, err := strconv.ParseFloat(string(text), 64)
	*f = Float(x)
	return err
}

// Finite reports whether the number is known and finite.
func (f Float) Finite() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// Decimal returns a number with four decimals, "-" for one that is not known.
func Decimal(f Float) string {
	if !f.Finite() {
		return "-"
	}
	return strconv.FormatFloat(float64(f), 'f', 4, 64)
}

// Percent returns a share in percent, "-" for one that is not known.
func Percent(f Float) string {
	if !f.Finite() {
		return "-"
	}
	return strconv.FormatFloat(100*float64(f), 'f', 2, 64) + " %"
}

// ShortDecimal returns a number for a column of a table: with an exponent when it would not fit.
func ShortDecimal(f Float) string {
	if f.Finite() && math.Abs(float64(f)) >= 1e6 {
		return strconv.FormatFloat(float64(f), 'g', 5, 64)
	}
	return Decimal(f)
}
