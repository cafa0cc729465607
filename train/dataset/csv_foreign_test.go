package dataset

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReadCSVForeign(t *testing.T) {
	for start, word := range map[string]string{
		"PAR1\x15\x04": "Parquet", "PK\x03\x04": "zip archive", "\xff\xfea\x00": "UTF-16", "\xfe\xff\x00a": "UTF-16",
		"a\x00,\x00b\x00\n":              "UTF-16",
		"{\"a\":1,\"b\":2}\n{\"a\":3}\n": "JSON", "[{\"a\":1}]": "JSON", "<!DOCTYPE html>": "HTML",
		"% made by hand\n@RELATION r\n@ATTRIBUTE x NUMERIC\n": "ARFF", "+1 1:0.5 2:-3e-1\n-1 2:4\n": "LIBSVM",
		"<table><tr><td>1</td></tr></table>":           "HTML or XML",
		"a,b,kind\r1,2,x\r3,4,y\r":                     "carriage return",
		"version https://git-lfs.github.com/spec/v1\n": "Git LFS", "\x00\x00\x00": "zero byte",
	} {
		_, err := ReadCSV(strings.NewReader(start), CSVOptions{})
		checkError(t, err, ErrFormat, word)
	}
	_, err := ReadCSV(strings.NewReader("a,kind\n"+strings.Repeat("1,x\n", 2000)+"1,y\x00\n"),
		CSVOptions{Header: HeaderYes})
	checkError(t, err, ErrCell, "line 2002 column 2", "want text in UTF-8")
}

func TestReadCSVSepLine(t *testing.T) {
	want := readCSV(t, "a,b,kind\n1,2,x\n3,4,y\n", CSVOptions{})
	for _, text := range []string{"sep=;\na;b;kind\n1;2;x\n3;4;y\n", "\ufeffSEP=|\r\na|b|kind\r\n1|2|x\r\n3|4|y\r\n",
		"\"sep=\t\"\na\tb\tkind\n1\t2\tx\n3\t4\ty\n", "a|b|kind\n1|2|x\n3|4|y\n"} {
		assert.Equal(t, want, readCSV(t, text, CSVOptions{}), text)
	}
	_, err := ReadCSV(strings.NewReader("a b kind\n1 2 x\n3 4 y\n"), CSVOptions{})
	checkError(t, err, ErrShape, "got 1 column", "see Comma")
}

// endless gives the same bytes for ever.
type endless string

func (e endless) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte(e), len(p)/len(e)+1)), nil
}

// A line, or a cell, that does not end is an error before it is the machine's memory.
func TestReadCSVBounds(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 64 MB")
	}
	for start, text := range map[string]string{"": ": got a line", "x,kind\n1,\"": "below line 1: got a line",
		"x,kind\n1,a\n": "below line 2: got a line"} {
		_, err := ReadCSV(io.MultiReader(strings.NewReader(start), endless("a")), CSVOptions{Header: HeaderYes})
		checkError(t, err, ErrFormat, text, "more than 64 MB", "is a quote not closed?")
	}
}
