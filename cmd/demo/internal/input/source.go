// Package input reads what a command line names: data, models and losses.
package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/train/dataset"
)

// wantData is what -data takes.
const wantData = "digits, housing or the path of a file"

// Source is data as a command line names it: digits, housing, a CSV file, or an IDX or NPY file
// with a file of labels.
type Source struct {
	Test         bool   // it is given with -testdata and -testlabels
	Data, Labels string // Labels is "" without such a file
	CSV          dataset.CSVOptions
}

// names are the names of the flags.
func (s *Source) names() (data, labels string) {
	if s.Test {
		return "testdata", "testlabels"
	}
	return "data", "labels"
}

// Builtin returns the reader of a data set that needs no file, nil for any other name.
func Builtin(name string) func() (*dataset.Dataset, error) {
	switch name {
	case "digits":
		return dataset.Digits
	case "housing":
		return dataset.Housing
	}
	return nil
}

// Load reads a data set. What is wrong with a file is errUsage.
func (s *Source) Load() (*dataset.Dataset, error) {
	if read := Builtin(s.Data); !s.Test && read != nil {
		return read()
	}
	name, labelsName := s.names()
	format, err := dataset.FormatOf(s.Data)
	switch {
	case IsFolder(s.Data):
		return nil, cli.Usagef("-%s %s: is a folder, want a file", name, s.Data)
	case errors.Is(err, fs.ErrNotExist) && !s.Test:
		return nil, cli.Usagef("-data %s: no such file; want %s", s.Data, wantData)
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Usagef("-%s %s: no such file", name, s.Data)
	case err != nil:
		return nil, cli.Usagef("-%s %s", name, cli.TrimPackage(err))
	case s.Labels == "" && format != dataset.FormatCSV:
		return nil, cli.Usagef("-%s %s: an %v file has no labels in it; give them with -%s FILE", name, s.Data,
			format, labelsName)
	case s.Labels != "" && format == dataset.FormatCSV:
		return nil, cli.Usagef("-%s %s: is no IDX or NPY file, to which -%s could belong; a CSV file has its labels in it",
			name, s.Data, labelsName)
	}
	var set *dataset.Dataset
	if s.Labels == "" {
		set, err = dataset.ReadCSVFile(s.Data, s.CSV)
	} else {
		set, err = dataset.ReadPairFiles(s.Data, s.Labels)
	}
	switch {
	case err == nil:
		return set, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Usagef("-%s %s: no such file", labelsName, s.Labels)
	case s.Labels == "":
		return nil, s.csvError(err)
	}
	text := cli.TrimPackage(err)
	if strings.HasPrefix(text, s.Labels+":") {
		name = labelsName
	}
	return nil, cli.Usagef("-%s %s", name, text)
}

// csvError is an error of dataset.ReadCSVFile in the words of the command line.
func (s *Source) csvError(err error) error {
	name, _ := s.names()
	var column *dataset.ColumnError
	var cell *dataset.CellError
	switch {
	case errors.As(err, &column):
		var columns []string
		for _, c := range column.Columns {
			columns = append(columns, strconv.Quote(c))
		}
		return cli.Usagef("-label %s: no such column in %s; the columns are %s", column.Name, s.Data, strings.Join(columns, ", "))
	case errors.Is(err, dataset.ErrHeader):
		return cli.Usagef("-%s %s", name, HeaderUnclear(s.Data, err))
	case errors.As(err, &cell):
		plain := *cell
		plain.Option = ""
		text := cli.TrimPackage(&plain)
		switch label, _, _ := strings.Cut(cell.Option, " "); label {
		case "Label":
			text += "; -label NAME takes another column for the class"
		case "Comma":
			text += "; -comma CHAR says what separates them"
		}
		return cli.Usagef("-%s %s", name, text)
	}
	return cli.Usagef("-%s %s", name, cli.TrimPackage(err))
}

// HeaderUnclear says what to do about a first line that may be a header or not.
func HeaderUnclear(path string, err error) string {
	var line *dataset.CellError
	if !errors.As(err, &line) {
		return cli.TrimPackage(err)
	}
	return fmt.Sprintf("%s: line %d: got %s; say -header yes or -header no", path, line.Line, line.Got)
}

// IsFolder reports whether there is a folder.
func IsFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
