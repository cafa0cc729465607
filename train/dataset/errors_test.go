package dataset

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCellErrorText(t *testing.T) {
	tests := []struct {
		err  CellError
		want string
	}{
		{CellError{Line: 3, Column: 2, Name: "petal", Got: "x", Want: "a number"},
			`dataset: line 3 column 2 ("petal"): got "x", want a number`},
		{CellError{Line: 3, Column: 2, Got: "a\nb", Want: "a number"},
			`dataset: line 3 column 2: got "a\nb", want a number`},
		{CellError{Line: 7, Got: "3 cells", Want: "4"},
			`dataset: line 7: got 3 cells, want 4`},
		{CellError{Line: 1, Column: 1, Got: strings.Repeat("é", 41), Want: "less"},
			`dataset: line 1 column 1: got "` + strings.Repeat("é", 40) + `…", want less`},
	}
	for _, test := range tests {
		assert.Equal(t, test.want, test.err.Error())
	}
}

func TestRowErrorText(t *testing.T) {
	assert.Equal(t, "dataset: counts: row 3 column 1: got -2, want more", (&RowError{"counts", 3, 1, "-2", "more", nil}).Error())
	assert.Equal(t, "dataset: rows: row 0: got 9, want less", (&RowError{"rows", 0, -1, "9", "less", nil}).Error())
}

func TestErrorsIs(t *testing.T) {
	cell := inFile("a.csv", &CellError{Line: 1, Err: ErrLabel})
	assert.ErrorIs(t, cell, ErrCell)
	assert.ErrorIs(t, cell, ErrLabel)
	assert.NotErrorIs(t, cell, ErrRow)
	row := error(&RowError{Err: ErrLabel})
	assert.ErrorIs(t, row, ErrRow)
	assert.ErrorIs(t, row, ErrLabel)
	assert.NotErrorIs(t, row, ErrCell)
	assert.NoError(t, inFile("a.csv", nil))
	var e *CellError
	assert.True(t, errors.As(cell, &e))
	assert.Equal(t, "dataset: a.csv: x", inFile("a.csv", fail(ErrShape, "x")).Error())
	assert.ErrorIs(t, inFile("a.csv", io.ErrClosedPipe), io.ErrClosedPipe)
}

func TestPlural(t *testing.T) {
	assert.Equal(t, "1 entry 2 entries 0 cells 2 classes",
		strings.Join([]string{plural(1, "entry"), plural(2, "entry"), plural(0, "cell"), plural(2, "class")}, " "))
}
