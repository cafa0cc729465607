package predict

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// readTwo reads the features of a model of two.
func readTwo(r io.Reader, opt dataset.CSVOptions) (*tensor.Dense, error) {
	return dataset.ReadFeaturesCSV(r, 2, []string{"a", "b, or \"c\"\nd"}, opt)
}

// However long a table is and however it is written, all of its rows come, in their order, in
// parts.
func TestParts(t *testing.T) {
	const rows = 2*rowsAtOnce + 7
	write := func(head, sep, end string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := range rows {
			fmt.Fprintf(&b, "%d%s\"%d\"%s", i, sep, -i, end)
			if i%1000 == 0 {
				b.WriteString(end)
			}
		}
		return b.String()
	}
	const name = "\"b, or \"\"c\"\"\nd\""
	gzipped := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.String()
	}
	for what, text := range map[string]string{
		"header":         write("a,"+name+"\n", ",", "\n"),
		"no last line":   strings.TrimSuffix(write("a,"+name+"\n", ",", "\n"), "\n"),
		"sep, BOM, CRLF": write("\ufeffsep=;\r\na;"+name+"\r\n", ";", "\r\n"),
		"blank lines":    write("\n\na,"+name+"\n\n", ",", "\n"),
		"gzip":           gzipped(write("a,"+name+"\n", ",", "\n")),
	} {
		var got []float32
		calls := 0
		err := parts(strings.NewReader(text), dataset.CSVOptions{}, readTwo, func(x *tensor.Dense) error {
			calls++
			got = append(got, x.Float32s()...)
			return nil
		})
		require.NoError(t, err, what)
		assert.Equal(t, 3, calls, what)
		require.Len(t, got, 2*rows, what)
		for i := range rows {
			if got[2*i] != float32(i) || got[2*i+1] != -float32(i) {
				require.Fail(t, what, "row %d: %v", i, got[2*i:2*i+2])
			}
		}
	}
	n := 0
	err := parts(strings.NewReader(write("", ",", "\n")), dataset.CSVOptions{Header: dataset.HeaderNo},
		func(r io.Reader, opt dataset.CSVOptions) (*tensor.Dense, error) {
			return dataset.ReadFeaturesCSV(r, 2, nil, opt)
		},
		func(x *tensor.Dense) error { n += x.Shape()[0]; return nil })
	require.NoError(t, err)
	assert.Equal(t, rows, n, "without a header")
}

// An error names the line of the whole table; what fails later is no error of the table.
func TestPartsErrors(t *testing.T) {
	text := "a,\"b, or \"\"c\"\"\nd\"\n" + strings.Repeat("1,2\n", rowsAtOnce+5) + "1,x\n"
	err := parts(strings.NewReader(text), dataset.CSVOptions{}, readTwo, func(*tensor.Dense) error { return nil })
	var cell *dataset.CellError
	require.ErrorAs(t, err, &cell)
	assert.Equal(t, []int{2 + rowsAtOnce + 6, 2}, []int{cell.Line, cell.Column})
	var wrong *readError
	require.ErrorAs(t, err, &wrong)

	full := errors.New("full")
	err = parts(strings.NewReader(text), dataset.CSVOptions{}, readTwo, func(*tensor.Dense) error { return full })
	assert.Equal(t, full, err)
	for _, text := range []string{"", "a,b\n", "\x1f\x8bx"} {
		err := parts(strings.NewReader(text), dataset.CSVOptions{}, readTwo, func(*tensor.Dense) error { return nil })
		assert.ErrorAs(t, err, &wrong, text)
	}
}
