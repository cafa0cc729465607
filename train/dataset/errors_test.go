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
	assert.Equal(t, "dataset: counts: row 3 column 1: got -2, want more",
		(&RowError{Arg: "counts", Row: 3, Column: 1, Got: "-2", Want: "more"}).Error())
	assert.Equal(t, "dataset: rows: row 0: got 9, want less",
		(&RowError{Arg: "rows", Row: 0, Column: -1, Got: "9", Want: "less"}).Error())
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
