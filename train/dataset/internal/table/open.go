package table

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/source"
)

// sniffed is how much of a file is looked at before it is read.
const sniffed = 4096

// foreign are the beginnings of files that are no text in columns, and what they are.
var foreign = []struct{ start, is string }{
	{"PAR1", "a Parquet file, want text in columns: df.to_csv(…, index=False) writes it"},
	{"PK\x03\x04", "a zip archive (a spreadsheet? an .npz file?), want text in columns: save it as CSV"},
	{"\xd0\xcf\x11\xe0", "an old spreadsheet, want text in columns: save it as CSV"},
	{"ARROW1", "an Arrow file, want text in columns: df.to_csv(…, index=False) writes it"},
	{"\x89HDF", "an HDF5 file, want text in columns"},
	{"SQLite format 3", "a database, want text in columns: export a table as CSV"},
	{"%PDF", "a PDF file, want text in columns"},
	{"\xff\xfe", "text in UTF-16, want UTF-8: save it so, or iconv -f UTF-16 -t UTF-8"},
	{"\xfe\xff", "text in UTF-16, want UTF-8: save it so, or iconv -f UTF-16 -t UTF-8"},
	{"<", "HTML or XML, want text in columns: was the download refused?"},
	{"version https://git-lfs", "a pointer of Git LFS, want the file itself: git lfs pull"},
	{"{", "JSON, want text in columns: a header and cells that a comma separates"},
	{"[", "JSON, want text in columns: a header and cells that a comma separates"},
}

var (
	arff   = regexp.MustCompile(`(?im)^\s*@relation\s`)
	libsvm = regexp.MustCompile(`^[+-]?[\d.]+(?:,[\d.]+)*(?:[ \t]+\d+:[-+.\deE]+)+\s*\r?\n`)
)

// check looks at the first bytes of a file for what is no table of text.
func check(r *bufio.Reader) error {
	start, err := r.Peek(sniffed)
	if err != nil && err != io.EOF {
		return fault.Wrap("", err)
	}
	for _, f := range foreign {
		if bytes.HasPrefix(start, []byte(f.start)) {
			return fault.New(fault.ErrFormat, "got %s", f.is)
		}
	}
	switch {
	case arff.Match(start):
		return fault.New(fault.ErrFormat, "got an ARFF file, want text in columns: leave out what stands above its data, "+
			"but a line with the names of the columns")
	case libsvm.Match(start):
		return fault.New(fault.ErrFormat, "got lines of the sparse format of LIBSVM, want text in columns: "+
			"load_svmlight_file of scikit-learn reads it, numpy.save writes what is read here")
	case bytes.IndexByte(start, 0) >= 0:
		return fault.New(fault.ErrFormat, "got a zero byte, want text in UTF-8: is this UTF-16, or no text?")
	case bytes.IndexByte(start, '\n') < 0:
		if at := bytes.IndexByte(start, '\r'); at >= 0 && at < len(start)-1 {
			return fault.New(fault.ErrFormat, "got lines that end with a carriage return alone, as old Macs wrote them, want "+
				"line ends \\n or \\r\\n: tr '\\r' '\\n' makes them")
		}
	}
	return nil
}

// start takes a byte order mark and a line sep=; (which spreadsheets want) from the reader, and
// returns what that line says.
func start(r *bufio.Reader) (comma rune) {
	if mark, _ := r.Peek(3); string(mark) == "\ufeff" {
		r.Discard(3)
	}
	line, _ := r.Peek(sniffed)
	line, _, found := bytes.Cut(line, []byte("\n"))
	text := strings.Trim(strings.TrimRight(string(line), "\r"), `"`)
	if sep, ok := strings.CutPrefix(strings.ToLower(text), "sep="); found && ok {
		if c, size := utf8.DecodeRuneInString(sep); size > 0 && size == len(sep) {
			r.Discard(len(line) + 1)
			return c
		}
	}
	return 0
}

// separator finds out what separates the cells, from the first line: ',' unless there is none
// outside quotes, but a ';', a tab or a bar. It takes nothing from the reader; of a long line it
// looks at as much as is buffered.
func separator(r *bufio.Reader) (rune, error) {
	for size := 64; ; size *= 2 {
		line, err := r.Peek(min(size, r.Size()))
		if err != nil && err != io.EOF {
			return 0, fault.Wrap("", err)
		}
		found, quoted, ended := rune(0), false, false
		for _, c := range line {
			switch {
			case c == '"':
				quoted = !quoted
			case quoted:
			case c == ',':
				return ',', nil
			case c == '\n':
				ended = true
			case found == 0 && (c == ';' || c == '\t' || c == '|'):
				found = rune(c)
			}
			if ended {
				break
			}
		}
		switch done := ended || err != nil || size >= r.Size(); {
		case done && found != 0:
			return found, nil
		case done:
			return ',', nil
		}
	}
}

// open returns the reader of a table, behind what stands before its first line, and what separates
// its cells.
func open(r io.Reader, comma rune) (*bufio.Reader, rune, error) {
	plain, err := source.Open(r)
	if err != nil {
		return nil, 0, err
	}
	if err := check(plain); err != nil {
		return nil, 0, err
	}
	said := start(plain)
	switch {
	case comma != 0:
		return plain, comma, nil
	case said != 0:
		return plain, said, nil
	}
	comma, err = separator(plain)
	return plain, comma, err
}
