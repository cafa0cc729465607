// Package rowplan says what the kernels sigmoidRows and sigmoidMarginRows of all processors take:
// numbers, and rows of RowEach. There is one for every interval of |z|: k and the coefficients of N
// of a likely no, then those of a likely yes, then the coefficients of the R that go with them. The
// intervals are those of y = 1 + |z|/RowWidth, 2^RowPlaces between one power of two and the next.
// With a margin those of N of a likely no, which is 0 beyond |z| = c, are the last instead: a row
// of zeros and one for every interval of c - |z|, 2^RowPlaces between powers of two from 2^RowLeast
// on; that N is 2^RowLift times what it is, and F 2^-RowLift.
package rowplan

import (
	"fmt"
	"strings"
)

// The numbers of a plan.
const (
	RowLow   = iota // what float32 has lost of k at the end
	RowFinal        // c and what float32 has lost of it
	RowTable = 16   // a vector on

	RowNear     = 1 // the first coefficient of N
	RowTerms    = 7 // how many that has; R has one more
	RowEach     = RowNear + RowTerms
	RowBytesLog = 5
	RowBytes    = RowEach * 4

	RowWidth   = 0.75
	RowPlaces  = 4
	RowCount   = 5 << RowPlaces
	RowEnd     = RowWidth * (1<<(RowCount>>RowPlaces) - 1.5) // the last middle, lest all beyond have more roundings
	RowFars    = RowTable + 2*RowCount*RowEach
	RowMargins = RowFars + 2*RowCount*RowEach
	RowLeast   = -26
	RowSteps   = 1 + (4-RowLeast)<<RowPlaces
	RowPars    = RowMargins + RowSteps*RowEach

	RowRaise  = 40 // F is 2^RowRaise times what it is, lest it is denormal, and N so much less
	RowLift   = 60
	RowLowest = -110

	// RowBase is where the bits of y that number an interval, as an offset, begin: that of 1.
	RowBase = 127 << RowPlaces * RowBytes
)

// Constants returns the declarations of those that drivers take, in Go.
func Constants() string {
	var b strings.Builder
	for _, c := range []struct {
		name  string
		value any
	}{
		{"rowLow", RowLow}, {"rowFinal", RowFinal}, {"rowTable", RowTable}, {"rowEach", RowEach}, {"rowNear", RowNear},
		{"rowTerms", RowTerms}, {"rowWidth", RowWidth}, {"rowPlaces", RowPlaces}, {"rowCount", RowCount},
		{"rowEnd", RowEnd}, {"rowFars", RowFars}, {"rowMargins", RowMargins}, {"rowLeast", RowLeast}, {"rowSteps", RowSteps},
		{"rowPars", RowPars}, {"rowRaise", RowRaise}, {"rowLift", RowLift},
	} {
		fmt.Fprintf(&b, "%s = %v\n", c.name, c.value)
	}
	return b.String()
}
