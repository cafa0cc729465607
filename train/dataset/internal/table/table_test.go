package table

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"softloss/train/dataset/internal/fault"
)

func TestRead(t *testing.T) {
	table, err := Read(strings.NewReader("id;a;town;kind\n1;1,5;B;x\n2;;A;y\n3;2,5;;x\n"),
		Options{Decimal: ',', Missing: MissingNaN, Drop: []string{"id"}, Header: HeaderYes})
	require.NoError(t, err)
	require.Equal(t, 3, table.Rows)
	require.Equal(t, "kind", table.Class.Title())
	names, index, err := table.Class.Classes(nil)
	require.NoError(t, err)
	require.Equal(t, []string{"x", "y"}, names)
	require.Equal(t, []int{0, 1, 0}, index)
	var rows []string // NaN is not equal to itself
	for _, c := range table.Features {
		names, write := c.Expand()
		for i := range table.Rows {
			row := make([]float64, len(names))
			write(row, i)
			rows = append(rows, fmt.Sprint(row))
		}
	}
	require.Equal(t, []string{"[1.5]", "[NaN]", "[2.5]", "[0 1]", "[1 0]", "[NaN NaN]"}, rows)

	table, err = Read(strings.NewReader("1,2,3\n4,NA,6\n7,8,9\n"),
		Options{Decimal: '.', Missing: MissingDrop, LabelColumns: 2, Header: HeaderNo})
	require.NoError(t, err)
	require.Equal(t, []int{2, 1}, []int{table.Rows, table.Dropped})
	require.Equal(t, []float64{2, 3, 8, 9}, table.Weights)
	require.Equal(t, "column_1", table.Features[0].Title())
}

// Records say where they are, and can be read again.
func TestRecords(t *testing.T) {
	rr, err := Open(strings.NewReader("a,\"b\nc\",d\n1,2,3\n"), 0)
	require.NoError(t, err)
	first, err := rr.Next()
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b\nc", "d"}, first.Cells)
	require.Equal(t, []int{1, 1, 2}, []int{first.LineOf(0), first.LineOf(1), first.LineOf(2)})
	second, err := rr.Next()
	require.NoError(t, err)
	require.Equal(t, 3, second.LineOf(2))
	rr.Unread(second, nil)
	rr.Unread(first, nil)
	for _, want := range []Record{first, second} {
		got, err := rr.Next()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err = rr.Next()
	require.Equal(t, io.EOF, err)
	boom := errors.New("boom")
	_, err = Open(iotest.ErrReader(boom), 0)
	require.ErrorIs(t, err, boom)
	rr, err = Open(io.MultiReader(strings.NewReader("a,b\n1,2\n"), iotest.ErrReader(boom)), ',')
	if err == nil {
		for err == nil {
			_, err = rr.Next()
		}
	}
	require.ErrorIs(t, err, boom)
}

func TestHeader(t *testing.T) {
	record := func(cells ...string) Record { return Record{Cells: cells, Line: 1} }
	for _, c := range []struct {
		first, second Record
		header        bool
		unclear       bool
	}{
		{first: record("a", "b"), second: record("1", "x"), header: true},
		{first: record("1", "x"), second: record("2", "y")},
		{first: record("a", "b"), second: record("x", "y"), unclear: true},
		{first: record("a", "1"), second: record("2", "x"), unclear: true},
		{first: record("0", "1", "2"), second: record("5", "1.5", "7"), unclear: true},
		{first: record("0", "1", "2"), second: record("1", "2", "3")},
		{first: record("0", "2", "4"), second: record("5", "1.5", "7")},
		{first: record("x", "2001", "2002"), second: record("y", "1.5", "7"), unclear: true},
		{first: record("x", "1", "2"), second: record("y", "1.5", "7")},
		{first: record("0", "1", "2.5"), second: record("5", "1.5", "7")},
		{first: record("a", "b"), second: Record{}, header: true},
	} {
		is, err := isHeader(c.first, c.second, '.')
		var cell *fault.CellError
		require.Equal(t, c.unclear, errors.As(err, &cell) && cell.Err == fault.ErrHeader, "%v", c.first.Cells)
		require.Equal(t, c.header, is, "%v", c.first.Cells)
	}
}

func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a,kind\n1,x\n2,y\n", "sep=;\na;b\n1,5;x\n", "a,a=b,k\nb,1,x\n", "1,2\n\"",
		"x\r1\r", "a|b|c\n?|NA|1\n", "0,1,2\n1,2,3\n"} {
		for missing := range 3 {
			f.Add(seed, missing, 0)
		}
	}
	f.Fuzz(func(t *testing.T, text string, missing, header int) {
		opt := Options{Decimal: '.', Missing: MissingRule(max(0, missing%3)), Header: Header(max(0, header%3))}
		table, err := Read(strings.NewReader(text), opt)
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
			require.NotContains(t, err.Error(), "\n")
			return
		}
		seen := map[string]bool{}
		for _, c := range table.Features {
			names, write := c.Expand()
			for _, name := range names {
				seen[name] = true
			}
			for i := range table.Rows {
				write(make([]float64, len(names)), i)
			}
		}
		require.NotEmpty(t, seen)
	})
}

// Every error says where, what, and with which option such a cell is taken; package dataset tests
// the texts.
func TestErrors(t *testing.T) {
	many := "n,kind\n" + strings.Repeat("a,x\nb,y\n", 3)
	for i := range 30 {
		many += string(rune('A'+i)) + "z,x\n"
	}
	for text, c := range map[string]struct {
		opt    Options
		kind   error
		option string
	}{
		"a,kind\n1,x\n,y\n":        {Options{}, fault.ErrMissing, "Missing"},
		"a,kind\n1,x\n\"1,5\",y\n": {Options{}, fault.ErrNumber, "Decimal"},
		"a,kind\n1,x\n5%,y\n":      {Options{}, fault.ErrNumber, ""},
		"a,kind\n1,x\nb,y\n":       {Options{}, fault.ErrCell, ""},
		"a,kind\nb,x\n1,y\n":       {Options{Header: HeaderYes}, fault.ErrCell, ""},
		"a,kind\nNA,x\n1,y\n":      {Options{Header: HeaderYes}, fault.ErrMissing, "Missing"},
		"a,kind\n1,x\n1e99,y\n":    {Options{}, fault.ErrCell, ""},
		"a,kind\n1,1\n2,\n":        {Options{Header: HeaderYes}, fault.ErrMissing, "Missing"},
		"a,kind\n1,1\n2,inf\n":     {Options{Header: HeaderYes}, fault.ErrCell, ""},
		"a,kind\n1,1\n2,3%\n":      {Options{Header: HeaderYes}, fault.ErrNumber, ""},
		"a,kind\nb,1\nc,2\nd,3\n": {Options{Header: HeaderYes, MaxCategories: 2}, fault.ErrClasses,
			"Drop and MaxCategories"},
		"a,kind\n1,1\n1,2\n1,3\n": {Options{Header: HeaderYes, MaxCategories: 2}, fault.ErrClasses,
			"Label and MaxCategories"},
		many:                 {Options{Header: HeaderYes}, fault.ErrClasses, "Drop and MaxCategories"},
		"a,no,yes\n1,-1,2\n": {Options{LabelColumns: 2, Header: HeaderYes}, fault.ErrLabel, ""},
		"a,no,yes\n1,x,2\n":  {Options{LabelColumns: 2, Header: HeaderYes}, fault.ErrCell, ""},
		"a,no,yes\n1,?,2\n":  {Options{LabelColumns: 2, Header: HeaderYes}, fault.ErrMissing, "Missing"},
		"a,no,yes\n1,0,0\n":  {Options{LabelColumns: 2, Header: HeaderYes}, fault.ErrLabel, ""},
		"a;b\n1;2\n":         {Options{Comma: ','}, fault.ErrShape, "Comma"},
		"a,b\n1,2,3\n":       {Options{Header: HeaderYes}, fault.ErrShape, ""},
		"a,a\n1,2\n":         {Options{Header: HeaderYes}, fault.ErrCell, "Drop"},
		",kind\n1,2\n":       {Options{Header: HeaderYes}, fault.ErrCell, "Drop"},
		"a,kind\n1,\"x\"y\n": {Options{Header: HeaderYes}, fault.ErrCell, ""},
		"a,kind\n1,x\xff\n":  {Options{Header: HeaderYes}, fault.ErrCell, ""},
	} {
		c.opt.Decimal = '.'
		_, err := Read(strings.NewReader(text), c.opt)
		var cell *fault.CellError
		require.ErrorAs(t, err, &cell, text)
		if c.kind != fault.ErrCell { // which they all are
			require.ErrorIs(t, cell.Err, c.kind, text)
		}
		require.Equal(t, c.option, cell.Option, text)
		require.Positive(t, cell.Line, text)
		require.True(t, strings.HasPrefix(err.Error(), "dataset: line "), err.Error())
	}
	_, err := Read(strings.NewReader("a,kind\n1,x\n"), Options{Decimal: '.', Label: "b"})
	var column *fault.ColumnError
	require.ErrorAs(t, err, &column)
	require.ErrorIs(t, err, fault.ErrColumn)
	require.Equal(t, &fault.ColumnError{Option: "Label", Name: "b", Columns: []string{"a", "kind"}}, column)
	require.EqualError(t, err, `dataset: Label: got "b", want one of the columns "a", "kind", or a number from 1`)

	// A name is that of one column, whatever was named before: "2" is not the second one here.
	_, err = Read(strings.NewReader("a,b,2\n1,1,0\n2,0,1\n"), Options{Decimal: '.', Header: HeaderYes,
		Questions: []string{"2", "2"}})
	require.ErrorAs(t, err, &column)
	require.Equal(t, &fault.ColumnError{Option: "Questions", Name: "2", Columns: []string{"a", "b"}, Again: true}, column)

	table, err := Read(strings.NewReader("1,10\n2,9.0\n3,9\n"), Options{Decimal: '.', Header: HeaderNo})
	require.NoError(t, err)
	_, _, err = table.Class.Classes(nil)
	require.EqualError(t, err, `dataset: line 3 column 2: got "9", want the same class written as on line 2, "9.0"; see `+
		`Label`)
}
