package dataset

import (
	"encoding/csv"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// checkCell asserts where a *CellError points and what it holds.
func checkCell(t testing.TB, err error, line, column int, name, got string) {
	t.Helper()
	checkError(t, err, ErrCell)
	var e *CellError
	require.True(t, errors.As(err, &e), "%v", err)
	assert.Equal(t, []int{line, column}, []int{e.Line, e.Column}, err.Error())
	assert.Equal(t, []string{name, got}, []string{e.Name, e.Got}, err.Error())
	assert.NotEmpty(t, e.Want)
}

func TestReadCSVCellErrors(t *testing.T) {
	soft := CSVOptions{LabelColumns: 2}
	tests := []struct {
		name         string
		text         string
		opt          CSVOptions
		line, column int
		columnName   string
		got          string
		kind         error
		message      string
	}{
		{"text among numbers", "x,kind\n1,a\noops,b\n", CSVOptions{}, 3, 1, "x", "oops", ErrCell,
			`dataset: line 3 column 1 ("x"): got "oops", want a number, as on line 2`},
		{"number below text", "x,y,kind\n1,?,a\n2,?,b\n3,7,b\n", CSVOptions{Header: HeaderYes}, 2, 2, "y", "?", ErrCell,
			`dataset: line 2 column 2 ("y"): got "?", want a number, as on line 4`},
		{"no header", "1,2,a\n1,x,b\n", CSVOptions{}, 2, 2, "", "x", ErrCell,
			`dataset: line 2 column 2: got "x", want a number, as on line 1`},
		{"empty feature", "x,kind\n1,a\n,b\n", CSVOptions{}, 3, 1, "x", "", ErrCell, `got "", want a number`},
		{"empty first feature", "x,kind\n,a\n1,b\n", CSVOptions{Header: HeaderYes}, 2, 1, "x", "", ErrCell,
			`got "", want a number`},
		{"blank feature", "x,kind\n1,a\n  ,b\n", CSVOptions{}, 3, 1, "x", "", ErrCell, `got ""`},
		{"empty class", "x,kind\n1,a\n2,\n", CSVOptions{}, 3, 2, "kind", "", ErrCell, "want the name of a class"},
		{"NaN feature", "x,kind\n1,a\nNaN,b\n", CSVOptions{}, 3, 1, "x", "NaN", ErrMissing,
			"want a number, as on line 2; see Missing"},
		{"NaN among text", "x,kind\nu,a\nnan,b\n", CSVOptions{Header: HeaderYes}, 3, 1, "x", "nan", ErrMissing,
			"want a word, as on line 2; see Missing"},
		{"Inf feature", "x,kind\n1,a\n-Inf,b\n", CSVOptions{}, 3, 1, "x", "-Inf", ErrCell, "want a finite number"},
		{"beyond float32", "x,kind\n1,a\n1e39,b\n", CSVOptions{}, 3, 1, "x", "1e39", ErrCell, "within float32"},
		{"beyond float64", "x,kind\n1,a\n-1e999,b\n", CSVOptions{}, 3, 1, "x", "-1e999", ErrCell, "within float32"},
		{"NaN class", "x,kind\n1,a\n2,nan\n", CSVOptions{}, 3, 2, "kind", "nan", ErrCell, "want the name of a class"},
		{"one class written twice", "x,kind\n1,1.0\n2,2\n3,1\n", CSVOptions{}, 4, 2, "kind", "1", ErrCell,
			`want the same class written as on line 2, "1.0"`},
		{"short line", "x,y,kind\n1,2,a\n3,b\n", CSVOptions{}, 3, 0, "", "2 cells", ErrShape,
			"dataset: line 3: got 2 cells, want 3, as on line 1"},
		{"long line", "x,kind\n1,a\n2,b,c\n", CSVOptions{}, 3, 0, "", "3 cells", ErrShape, "got 3 cells, want 2"},
		{"short second line", "x,kind\n1\n", CSVOptions{}, 2, 0, "", "1 cell", ErrShape, "got 1 cell, want 2"},
		{"line of blanks", "x,kind\n1,a\n  \n", CSVOptions{}, 3, 0, "", "1 cell", ErrShape, "got 1 cell, want 2"},
		{"after blank lines", "x,kind\n\n\n1,a\n\nz,b\n", CSVOptions{}, 6, 1, "x", "z", ErrCell, "as on line 4"},
		{"after a cell of two lines", "x,\"ki\nnd\"\n1,\"a\nb\"\nz,b\n", CSVOptions{}, 5, 1, "x", "z", ErrCell,
			"as on line 3"},
		{"beside a cell of two lines", "x,y,kind\n\"u\nv\",1,a\n\"u\nv\",z,b\n", CSVOptions{}, 5, 2, "y", "z",
			ErrCell, "as on line 3"},
		{"not UTF-8", "x,kind\n1,caf\xe9\n2,b\n", CSVOptions{}, 2, 2, "", "caf\xe9", ErrCell,
			`got "caf\xe9", want text in UTF-8`},
		{"unnamed column", "x,,kind\n1,2,a\n3,4,b\n", CSVOptions{}, 1, 2, "", "", ErrCell,
			`line 1 column 2: got "", want a name`},
		{"name twice", "x,y,x\n1,2,a\n3,4,b\n", CSVOptions{}, 1, 3, "", "x", ErrCell,
			"want a name other than that of column 1"},
		{"negative label", "x,no,yes\n1,2,-3\n", soft, 2, 3, "yes", "-3", ErrLabel, `got "-3", want a finite number >= 0`},
		{"text label", "x,no,yes\n1,2,3\n1,2,many\n", soft, 3, 3, "yes", "many", ErrCell,
			`got "many", want a finite number >= 0`},
		{"NaN label", "x,no,yes\n1,2,NaN\n", soft, 2, 3, "yes", "NaN", ErrCell, "want a finite number >= 0"},
		{"Inf label", "x,no,yes\n1,2,1e999\n", soft, 2, 3, "yes", "1e999", ErrCell, "want a finite number >= 0"},
		{"empty label", "x,no,yes\n1,,3\n", soft, 2, 2, "no", "", ErrCell, "want a finite number >= 0"},
		{"labels all zero", "x,no,yes\n1,2,3\n4,0,0\n", soft, 3, 0, "", "labels with the sum 0", ErrLabel,
			"dataset: line 3: got labels with the sum 0, want a finite sum above 0"},
		{"labels overflow", "x,no,yes\n1,1e308,1e308\n", soft, 2, 0, "", "labels with the sum +Inf", ErrLabel, "finite sum"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(test.text), test.opt)
			checkCell(t, err, test.line, test.column, test.columnName, test.got)
			checkError(t, err, test.kind, test.message)
		})
	}
}

func TestReadCSVQuotingErrors(t *testing.T) {
	for _, test := range []struct {
		text string
		line int
		kind error
	}{
		{"x,kind\n1,a\"b\n", 2, csv.ErrBareQuote},
		{"x,kind\n1,\"a\"b\n", 2, csv.ErrQuote},
	} {
		_, err := ReadCSV(strings.NewReader(test.text), CSVOptions{Header: HeaderYes})
		checkError(t, err, ErrCell, "(the record starts on line 2)", "want quotes around whole cells")
		assert.ErrorIs(t, err, test.kind)
		var e *CellError
		require.ErrorAs(t, err, &e)
		assert.Equal(t, []int{test.line, 0}, []int{e.Line, e.Column})
	}
	// A quote that is not closed takes all that is below it: the row where it opens is named.
	_, err := ReadCSV(strings.NewReader("x,kind\n1,b\n2,\"a\n3,b\n4,b\n"), CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrCell, "line 3: got a quote that is not closed: everything from it to the end of the file, "+
		"line 5, is one cell")
	assert.ErrorIs(t, err, csv.ErrQuote)
}

func TestReadCSVTableErrors(t *testing.T) {
	wide := "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v\n"
	tests := []struct {
		name string
		text string
		opt  CSVOptions
		kind error
		want string
	}{
		{"empty", "", CSVOptions{}, ErrEmpty, "dataset: got no rows, want at least one"},
		{"blank lines", "\n\n\n", CSVOptions{}, ErrEmpty, "got no rows"},
		{"byte order mark alone", "\ufeff", CSVOptions{}, ErrEmpty, "got no rows"},
		{"header alone", "\nx,kind\n", CSVOptions{}, ErrEmpty, "dataset: line 2: got a header and nothing below it"},
		{"header alone, said so", "1,2\n", CSVOptions{Header: HeaderYes}, ErrEmpty, "nothing below it"},
		{"one class", "x,kind\n1,a\n2,a\n", CSVOptions{}, ErrClasses,
			`dataset: column 2 ("kind"): got only the class "a", want at least 2 classes`},
		{"one class, no header", "1,5\n2,5\n", CSVOptions{}, ErrClasses, `column 2 ("column_2")`},
		{"one column", "1\n2\n", CSVOptions{}, ErrShape, "got 1 column, want at least 2: one feature and 1 label column"},
		{"only label columns", "1,2\n2,1\n", CSVOptions{LabelColumns: 2}, ErrShape,
			"got 2 columns, want at least 3: one feature and 2 label columns"},
		{"label missing", "x,kind\n1,a\n", CSVOptions{Label: "Kind"}, ErrColumn,
			`Label: got "Kind", want one of the columns "x", "kind"`},
		{"label missing among many", wide + wide, CSVOptions{Label: "z"}, ErrColumn, `"s", "t" and 2 more`},
		{"all text", "x,kind\nu,a\nv,b\n", CSVOptions{}, ErrHeader,
			"line 1: got a line that may or may not be a header (no number in it nor below it), want HeaderYes or HeaderNo in " +
				"the options"},
		{"number in a header", "x,2020,kind\n1,2,a\n3,4,b\n", CSVOptions{}, ErrHeader,
			`(the number "2020" in column 2, but "x" above "1" in column 1)`},
		{"damaged first row", "1,NA,a\n3,4,b\n", CSVOptions{}, ErrHeader, `"NA" above "4" in column 2`},
		{"label and label columns", "", CSVOptions{Label: "x", LabelColumns: 2}, ErrParam,
			`Label: got "x" together with LabelColumns`},
		{"label without header", "", CSVOptions{Label: "x", Header: HeaderNo}, ErrParam,
			`Label: got "x" together with HeaderNo`},
		{"one label column", "", CSVOptions{LabelColumns: 1}, ErrParam, "LabelColumns: got 1, want 0 or at least 2"},
		{"negative label columns", "", CSVOptions{LabelColumns: -1}, ErrParam, "LabelColumns: got -1"},
		{"counts of a class column", "", CSVOptions{Counts: true}, ErrParam, "Counts: got true without LabelColumns"},
		{"header out of range", "", CSVOptions{Header: 3}, ErrParam, "Header: got 3"},
		{"comma is a quote", "", CSVOptions{Comma: '"'}, ErrParam, `Comma: got '"'`},
		{"comma is a line end", "", CSVOptions{Comma: '\n'}, ErrParam, `Comma: got '\n'`},
		{"comma is no rune", "", CSVOptions{Comma: -1}, ErrParam, "Comma: got "},
		{"categories", "", CSVOptions{MaxCategories: 1}, ErrParam, "MaxCategories: got 1, want 0 or at least 2"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadCSV(strings.NewReader(test.text), test.opt)
			checkError(t, err, test.kind, test.want)
		})
	}
}
