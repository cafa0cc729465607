package dataset

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/internal/numtest"
)

// readFeatureRows reads all rows of a table.
func readFeatureRows(text string, n int, names []string, opt CSVOptions) (*tensor.Dense, error) {
	return ReadFeaturesCSV(strings.NewReader(text), n, names, opt)
}

func TestFeaturesOfTables(t *testing.T) {
	names := []string{"width", "colour=blue", "colour=red"}
	want := []float32{1, 0, 1, 2, 1, 0}
	for name, tc := range map[string]struct {
		text string
		opt  CSVOptions
	}{
		"named":                 {"width,colour\n1,red\n2,blue\n", CSVOptions{}},
		"other order and more":  {"note,colour,width\n,red,1\n7,blue,2\n", CSVOptions{Header: HeaderYes}},
		"semicolons":            {"colour; width\nred; 1\n\nblue; 2\n", CSVOptions{}},
		"tabs, byte order mark": {"\ufeffwidth\tcolour\n1\tred\n2\tblue\n", CSVOptions{}},
		"as columns":            {"colour=red,colour=blue,width\n1,0,1\n0,1,2\n", CSVOptions{}},
		"no header":             {"1,0,1\n2,1,0\n", CSVOptions{}},
		"no header, said so":    {"1|0|1\n2|1|0", CSVOptions{Header: HeaderNo, Comma: '|'}},
		"a number for a name":   {"width,colour,3\n1,red,0\n2,blue,0\n", CSVOptions{}},
	} {
		x, err := readFeatureRows(tc.text, 3, names, tc.opt)
		require.NoError(t, err, name)
		require.Equal(t, want, f32(t, x), name)
		require.Equal(t, []int{2, 3}, []int(x.Shape()), name)
	}
	x, err := readFeatureRows("2020,kind\n5,a\n", 1, []string{"2020"}, CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, []float32{5}, f32(t, x), "a number that is the only name")
	x, err = readFeatureRows(string(numtest.Gzip("a,b\n1,2\n")), 2, nil, CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, []float32{1, 2}, f32(t, x), "by their order without names")
}

// A model of a table without a header finds its columns by their numbers, in the very table too,
// class and all.
func TestFeaturesOfNumberedColumns(t *testing.T) {
	const text = "1,red,a\n2,blue,b\n"
	d, err := ReadCSV(strings.NewReader(text), CSVOptions{Header: HeaderNo})
	require.NoError(t, err)
	x, err := readFeatureRows(text, 3, d.FeatureNames, CSVOptions{Header: HeaderNo})
	require.NoError(t, err)
	require.Equal(t, f32(t, d.Features), f32(t, x))
	x, err = readFeatureRows("7,red\n", 3, d.FeatureNames, CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, []float32{7, 0, 1}, f32(t, x))
}

func TestFeatureReaderErrors(t *testing.T) {
	names := []string{"width", "colour=blue", "colour=red"}
	for _, tc := range []struct {
		text string
		opt  CSVOptions
		kind error
		want string
	}{
		{"", CSVOptions{}, ErrEmpty, "got no rows"},
		{"width,colour\n", CSVOptions{}, ErrEmpty, "line 1: got a header and nothing below it"},
		{"width\n1\n", CSVOptions{}, ErrColumn, `columns are missing that the model needs: "colour"; the file has "width"`},
		{"a,b\n1,2\n", CSVOptions{}, ErrColumn,
			`columns are missing that the model needs: "width", "colour"; the file has "a", "b"`},
		{"1,2\n", CSVOptions{}, ErrShape, "line 1: got 2 columns, want 3, the features of the model in their order"},
		{"width,colour\n1\n", CSVOptions{}, ErrShape, "line 2: got 1 cell, want 2, as on line 1"},
		{"width,colour\nx,red\n", CSVOptions{}, ErrCell, `line 2 column 1 ("width"): got "x", want a number`},
		{"width,colour\n,red\n", CSVOptions{}, ErrCell, `line 2 column 1 ("width"): got "", want a number`},
		{"width,colour\n1e99,red\n", CSVOptions{}, ErrCell,
			`line 2 column 1 ("width"): got "1e99", want a finite number within float32`},
		{"width,colour\n1,red\n1,pink\n", CSVOptions{}, ErrCell,
			`line 3 column 2 ("colour"): got "pink", want one of "blue", "red", which the model`},
		{"x,y,z\nu,v,w\n", CSVOptions{}, ErrHeader, "may or may not be a header"},
		{"1,2,3\n4,5\n", CSVOptions{Header: HeaderNo}, ErrShape, "line 2: got 2 cells, want 3"},
		{"1", CSVOptions{Header: 7}, ErrParam, "Header: got 7"},
	} {
		x, err := readFeatureRows(tc.text, 3, names, tc.opt)
		require.Nil(t, x)
		checkError(t, err, tc.kind, tc.want)
	}
	_, err := NewFeatureReader(nil, 3, nil, CSVOptions{})
	checkError(t, err, ErrParam, "reader: got nil")
	_, err = readFeatureRows("1", 2, names, CSVOptions{})
	checkError(t, err, ErrParam, "names: got 3 for 2 features")
	_, err = readFeatureRows("1,2", math.MaxInt, nil, CSVOptions{})
	checkError(t, err, ErrShape, fmt.Sprintf("line 1: got 2 columns, want %d", math.MaxInt))
}

func TestSeparatorIsFound(t *testing.T) {
	for text, classes := range map[string]int{
		"x;kind\n1;b\n2;a\n":                               2,
		"x\tkind\n1\tb\n2\ta\n":                            2,
		"x,kind\n1,b;c\n2,a\n":                             2,
		"\"x, y\";kind\n1;b\n2;a\n":                        2,
		"\"x\n, y\";kind\n1;b\n2;a\n":                      2,
		"x;\tkind\n1;b\n2;a\n":                             2,
		strings.Repeat("long", 50) + ";kind\n1;b\n2;a\n":   2,
		strings.Repeat("long", 5000) + ",kind\n1,b\n2,a\n": 2,
	} {
		d, err := ReadCSV(strings.NewReader(text), CSVOptions{Header: HeaderYes})
		require.NoError(t, err, text)
		require.Equal(t, classes, d.NumClasses(), text)
		require.Equal(t, "kind", d.LabelName)
	}
	_, err := ReadCSV(strings.NewReader("x;kind\n1,5;b\n2;a\n"), CSVOptions{})
	checkError(t, err, ErrNumber) // a header above a number, as somebody else writes it
	_, err = ReadCSV(strings.NewReader("x;kind\n1,5;b\n2;a\n"), CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrCell, `line 2 column 1 ("x"): got "1,5", want a number as 1234.5: this one is written with a `+
		`comma for its point; see Decimal`)
}

func TestLabelName(t *testing.T) {
	d, err := ReadCSV(strings.NewReader("1,a\n2,b\n3,a\n"), CSVOptions{})
	require.NoError(t, err)
	require.Equal(t, "column_2", d.LabelName)
	part, err := d.Subset([]int{0, 1})
	require.NoError(t, err)
	require.Equal(t, "column_2", part.LabelName)
	d, err = Digits()
	require.NoError(t, err)
	require.Empty(t, d.LabelName)
}

// A reader of rows goes on behind a row that cannot be read.
func TestFeatureReader(t *testing.T) {
	r, err := NewFeatureReader(strings.NewReader("id,b,a\nx,1,2\ny,1\nz,?,2\n\"w\nw\",3,4\n"), 2, []string{"a", "b"},
		CSVOptions{})
	require.NoError(t, err)
	id, err := r.Column("id")
	require.NoError(t, err)
	_, err = r.Column("nr")
	checkError(t, err, ErrColumn)
	row := make([]float64, 2)
	checkError(t, r.Next(row[:1]), ErrParam)
	for _, want := range []struct {
		err, id string
		row     []float64
	}{
		{"", "x", []float64{2, 1}}, {"line 3: got 2 cells, want 3", "", nil}, {`line 4 column 2 ("b"): got "?"`, "z", nil},
		{"", "w\nw", []float64{4, 3}},
	} {
		err := r.Next(row)
		assert.Equal(t, want.id, r.Cell(id))
		if want.err != "" {
			checkError(t, err, ErrCell, want.err)
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, want.row, row)
	}
	assert.Equal(t, io.EOF, r.Next(row))
	_, err = r.ReadAll()
	checkError(t, err, ErrEmpty, "got no more rows")
	assert.Equal(t, "", r.Cell(9))

	for cell, want := range map[string]string{`"1,5"`: "with a comma for its point; see Decimal",
		"12%": "with a percent sign",
		"1_0": "as in a programming language"} {
		_, err := readFeatureRows("a\n"+cell+"\n", 1, []string{"a"}, CSVOptions{})
		checkError(t, err, ErrNumber, "want a number as 1234.5: this one is written "+want)
	}

	r, err = NewFeatureReader(strings.NewReader("7,1,2\n"), 2, nil, CSVOptions{Header: HeaderNo, Drop: []string{"1"}})
	require.NoError(t, err)
	require.NoError(t, r.Next(row))
	assert.Equal(t, []float64{1, 2}, row)
	_, err = NewFeatureReader(strings.NewReader("a,b,a\n1,2,3\n"), 2, []string{"a", "b"}, CSVOptions{})
	checkError(t, err, ErrColumn, `columns 1 and 3: got the name "a" for both`)
}

func TestReadFeaturesCSVFile(t *testing.T) {
	dir := t.TempDir()
	read := func(name string, content []byte) (*tensor.Dense, error) {
		path := filepath.Join(dir, name)
		if content != nil {
			require.NoError(t, os.WriteFile(path, content, 0o600))
		}
		return ReadFeaturesCSVFile(path, 1, []string{"x"}, CSVOptions{})
	}
	for name, content := range map[string][]byte{"plain": []byte("x\n1\n2\n"), "packed": numtest.Gzip("x\n1\n2\n")} {
		features, err := read(name, content)
		require.NoError(t, err, name)
		assert.Equal(t, []float64{1, 2}, features.Float64s(), name)
	}
	_, err := read("none", nil)
	checkError(t, err, os.ErrNotExist, filepath.Join(dir, "none"))
	_, err = read("bad", []byte("x\n1\nw\n"))
	checkError(t, err, ErrCell, filepath.Join(dir, "bad")+`: line 3 column 1 ("x"): got "w", want a number`)
}
