package dataset

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses"
)

func readCSV(t testing.TB, text string, opt CSVOptions) *Dataset {
	t.Helper()
	d, err := ReadCSV(strings.NewReader(text), opt)
	require.NoError(t, err)
	if opt.Missing != MissingNaN {
		require.NoError(t, d.Validate(losses.SoftmaxLink))
	}
	return d
}

func TestReadCSVClassColumn(t *testing.T) {
	tests := []struct {
		name     string
		text     string
		opt      CSVOptions
		features []float32
		names    []string
		index    []int
		classes  []string
	}{
		{"header found", "x,y,kind\n1,2,b\n3,4,a\n", CSVOptions{},
			[]float32{1, 2, 3, 4}, []string{"x", "y"}, []int{1, 0}, []string{"a", "b"}},
		{"no header found", "1,2,b\n3,4,a\n", CSVOptions{},
			[]float32{1, 2, 3, 4}, []string{"column_1", "column_2"}, []int{1, 0}, []string{"a", "b"}},
		{"header of numbers", "1,2,3\n1,2,0\n3,4,1\n", CSVOptions{Header: HeaderYes},
			[]float32{1, 2, 3, 4}, []string{"1", "2"}, []int{0, 1}, []string{"0", "1"}},
		{"text without header", "u,v,a\nu,w,b\n", CSVOptions{Header: HeaderNo},
			[]float32{1, 1, 0, 1, 0, 1}, []string{"column_1=u", "column_2=v", "column_2=w"}, []int{0, 1}, []string{"a", "b"}},
		{"text with header", "p,q\nu,a\nv,b\nu,b\n", CSVOptions{Header: HeaderYes},
			[]float32{1, 0, 0, 1, 1, 0}, []string{"p=u", "p=v"}, []int{0, 1, 1}, []string{"a", "b"}},
		{"named label", "kind,x\nb,1\na,2\n", CSVOptions{Label: "kind"},
			[]float32{1, 2}, []string{"x"}, []int{1, 0}, []string{"a", "b"}},
		{"named label in the middle", "x,kind,y\n1,b,p\n2,a,q\n", CSVOptions{Label: "kind"},
			[]float32{1, 1, 0, 2, 0, 1}, []string{"x", "y=p", "y=q"}, []int{1, 0}, []string{"a", "b"}},
		{"classes sorted as numbers", "1,10\n2,9\n3,-1e1\n", CSVOptions{},
			[]float32{1, 2, 3}, []string{"column_1"}, []int{2, 1, 0}, []string{"-1e1", "9", "10"}},
		{"classes sorted as text", "1,10\n2,9\n3,x\n", CSVOptions{},
			[]float32{1, 2, 3}, []string{"column_1"}, []int{0, 1, 2}, []string{"10", "9", "x"}},
		{"whole numbers beyond float64", "1,9007199254740993\n2,9007199254740992\n", CSVOptions{},
			[]float32{1, 2}, []string{"column_1"}, []int{1, 0}, []string{"9007199254740992", "9007199254740993"}},
		{"semicolons, blanks, quotes", "x; \"the; kind\"\n 1 ; b\n2;  \"a\"\n", CSVOptions{Comma: ';', Label: "the; kind"},
			[]float32{1, 2}, []string{"x"}, []int{1, 0}, []string{"a", "b"}},
		{"tabs", "x\tkind\n1\tb\n2\ta\n", CSVOptions{Comma: '\t'},
			[]float32{1, 2}, []string{"x"}, []int{1, 0}, []string{"a", "b"}},
		{"byte order mark, CRLF, blank lines, no last line end", "\ufeffx,kind\r\n\r\n1,b\r\n\r\n2,a",
			CSVOptions{Label: "kind"},
			[]float32{1, 2}, []string{"x"}, []int{1, 0}, []string{"a", "b"}},
		{"forms of numbers", "1e-3,a\n-.5,b\n+7.,a\n1.6E+01,b\n", CSVOptions{},
			[]float32{1e-3, -.5, 7, 16}, []string{"column_1"}, []int{0, 1, 0, 1}, []string{"a", "b"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := readCSV(t, test.text, test.opt)
			assert.Equal(t, test.features, f32(t, d.Features))
			assert.Equal(t, test.names, d.FeatureNames)
			assert.Equal(t, test.index, d.Index())
			assert.Equal(t, test.classes, d.ClassNames)
			assert.Nil(t, d.Counts)
		})
	}
}

func TestReadCSVLabelColumns(t *testing.T) {
	const text = "x,no,yes\n5,1,3\n6,2,0\n"
	d := readCSV(t, text, CSVOptions{LabelColumns: 2})
	assert.Equal(t, []float32{.25, .75, 1, 0}, f32(t, d.Labels))
	assert.Equal(t, []string{"no", "yes"}, d.ClassNames)
	assert.Equal(t, []float32{5, 6}, f32(t, d.Features))
	assert.Nil(t, d.Counts)
	d = readCSV(t, text, CSVOptions{LabelColumns: 2, Counts: true})
	assert.Equal(t, []float64{4, 2}, d.Counts)
	assert.Equal(t, []float32{.25, .75, 1, 0}, f32(t, d.Labels))
	d = readCSV(t, "5,.2,.3,.5\n6,0,0,9\n", CSVOptions{LabelColumns: 3})
	assert.Equal(t, []string{"0", "1", "2"}, d.ClassNames)
	assert.Equal(t, []float32{.2, .3, .5, 0, 0, 1}, f32(t, d.Labels))
}

func TestReadCSVDoesNotDependOnRowOrder(t *testing.T) {
	a := readCSV(t, "u,1,x\nv,2,y\nw,3,x\n", CSVOptions{})
	b := readCSV(t, "w,3,x\nv,2,y\nu,1,x\n", CSVOptions{})
	assert.Equal(t, a.FeatureNames, b.FeatureNames)
	back, err := b.Subset([]int{2, 1, 0})
	require.NoError(t, err)
	assert.Equal(t, a.Features.Data(), back.Features.Data())
}

func TestReadCSVMaxCategories(t *testing.T) {
	var text strings.Builder
	for i := range 1000 + 1 {
		fmt.Fprintf(&text, "id%d,%d\n", i, i%2)
	}
	_, err := ReadCSV(strings.NewReader(text.String()), CSVOptions{})
	checkCell(t, err, 1001, 1, "", "id1000")
	checkError(t, err, ErrClasses, "at most 1000 different values (is this an identifier?); see Drop and MaxCategories")
	d := readCSV(t, text.String(), CSVOptions{MaxCategories: 1001})
	assert.Equal(t, 1001, d.NumFeatures())
	_, err = ReadCSV(strings.NewReader("1,0.5\n1,0.25\n1,0.75\n"), CSVOptions{MaxCategories: 2})
	checkCell(t, err, 3, 2, "", "0.75")
	checkError(t, err, ErrClasses, "is this a quantity?")
}

func TestReadCSVFile(t *testing.T) {
	const text = "x,kind\n1,b\n2,a\n"
	want := readCSV(t, text, CSVOptions{})
	dir := t.TempDir()
	for name, content := range map[string][]byte{
		"plain.csv": []byte(text), "packed.csv.gz": numtest.Gzip(text), "packed": numtest.Gzip(text),
		"plain.csv.gz": []byte(text),
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, content, 0o600))
		d, err := ReadCSVFile(path, CSVOptions{})
		require.NoError(t, err, name)
		assert.Equal(t, want, d, name)
	}

	path := filepath.Join(dir, "bad.csv")
	require.NoError(t, os.WriteFile(path, []byte("x,kind\n1,b\n?,a\n"), 0o600))
	_, err := ReadCSVFile(path, CSVOptions{})
	checkCell(t, err, 3, 1, "x", "?")
	checkError(t, err, ErrCell, "dataset: "+path+`: line 3 column 1 ("x"): got "?", want a number, as on line 2`)
	_, err = ReadCSVFile(filepath.Join(dir, "none.csv"), CSVOptions{})
	checkError(t, err, os.ErrNotExist, "none.csv")
	_, err = ReadCSVFile(dir, CSVOptions{})
	require.Error(t, err)
	checkError(t, err, err, dir)
}

func TestReadCSVDamagedGzip(t *testing.T) {
	whole := numtest.Gzip("x,kind\n1,b\n2,a\n")
	for cut := 2; cut < len(whole); cut++ {
		_, err := ReadCSV(bytes.NewReader(whole[:cut]), CSVOptions{})
		checkError(t, err, ErrFormat, "gzip data: ends early")
	}
	bad := bytes.Clone(whole)
	bad[len(bad)-8] ^= 1
	_, err := ReadCSV(bytes.NewReader(bad), CSVOptions{})
	checkError(t, err, ErrFormat, "gzip data")
	assert.ErrorIs(t, err, gzip.ErrChecksum)
	bad = bytes.Clone(whole)
	bad[2] = 99
	_, err = ReadCSV(bytes.NewReader(bad), CSVOptions{})
	checkError(t, err, ErrFormat, "gzip data")
}

func TestReadCSVReaderError(t *testing.T) {
	boom := errors.New("boom")
	for _, before := range []string{"", "x,kind\n1,b\n2,a\n"} {
		_, err := ReadCSV(iotest.TimeoutReader(strings.NewReader(before)), CSVOptions{})
		require.Error(t, err)
		_, err = ReadCSV(&failingReader{strings.NewReader(before), boom}, CSVOptions{})
		checkError(t, err, boom, "boom")
	}
	_, err := ReadCSV(nil, CSVOptions{})
	checkError(t, err, ErrParam)
}

// failingReader fails where its reader ends.
type failingReader struct {
	r   *strings.Reader
	err error
}

func (f *failingReader) Read(p []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, f.err
	}
	return f.r.Read(p)
}

func FuzzReadCSV(f *testing.F) {
	for _, seed := range []string{
		"", "\n", "x,kind\n1,b\n2,a\n", "1,2,b\n3,4,a", "u,v\nw,v\n", "x,\"y\nz\",k\n1,2,3\n4,\"5\",6\n", "a,b\n1,\"2",
		"\ufeff1,2\n3,4\n", "1,2\n3\n", "NaN,1\n2,3\n", "1,1\n1,1.0\n", "x,l,h\n1,0,0\n", "x,l,h\n1,3,4\n",
		"\x1f\x8b\x08\x00", "\xff\xfea\x00,\x00b\x00",
	} {
		f.Add([]byte(seed), 0, 0, "", ',', false)
		f.Add([]byte(seed), 1, 2, "", ';', true)
		f.Add([]byte(seed), 0, 0, "kind", '\t', false)
	}
	f.Add(numtest.Gzip("x,kind\n1,b\n2,a\n"), 0, 0, "", ',', false)
	f.Fuzz(func(t *testing.T, data []byte, header, columns int, label string, comma rune, counts bool) {
		opt := CSVOptions{Label: label, LabelColumns: columns, Counts: counts, Header: Header(header), Comma: comma}
		d, err := ReadCSV(bytes.NewReader(data), opt)
		if err != nil {
			assert.Nil(t, d)
			assert.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
			assert.NotContains(t, err.Error(), "\n")
			var cell *CellError
			if errors.As(err, &cell) {
				assert.Positive(t, cell.Line)
				if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
					assert.LessOrEqual(t, cell.Line, bytes.Count(data, []byte("\n"))+1)
				}
			}
			return
		}
		require.NoError(t, d.Validate(losses.SoftmaxLink))
		assert.Len(t, d.FeatureNames, d.NumFeatures())
		assert.Len(t, d.ClassNames, d.NumClasses())
		assert.GreaterOrEqual(t, d.NumClasses(), 2)
		again, err := ReadCSV(bytes.NewReader(data), opt)
		require.NoError(t, err)
		assert.Equal(t, d, again)
	})
}

func BenchmarkDigits(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Digits(); err != nil {
			b.Fatal(err)
		}
	}
}
