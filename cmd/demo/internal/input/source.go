// Package input reads what a command line names: data, models and losses.
package input

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/phrase"
	"softloss/train/dataset"
)

// wantData is what -data takes; questions says that a row may have several labels.
func wantData(questions bool) string {
	if questions {
		return "digits, digits-labels, housing or the path of a file"
	}
	return "digits, housing or the path of a file"
}

// Source is data as a command line names it: digits, digits-labels, housing, a CSV file, or an IDX
// or NPY file with a file of labels.
type Source struct {
	Test         bool   // it is given with -testdata and -testlabels
	Bare         bool   // it is given without a flag
	HasLink      bool   // there is a flag -link
	OfClasses    bool   // no row may have several labels
	Data, Labels string // Labels is "" without such a file
	CSV          dataset.CSVOptions
	Classes      []string // of the labels in a file of their own; nil for numbers
	Questions    bool     // the columns of that file are labels of which several may be true

	label string // the column that holds the class where CSV does not say so; "" is the last
}

// Like says that the data are rows for what was learned from others, with these classes in a column
// of this name, "" for none.
func (s *Source) Like(label string, classes []string) {
	s.label, s.Classes, s.CSV.Classes = label, classes, classes
}

// names returns the flags with which errors begin.
func (s *Source) names() (data, labels string) {
	switch {
	case s.Test:
		return "-testdata ", "-testlabels "
	case s.Bare:
		return "", "-labels "
	}
	return "-data ", "-labels "
}

// Builtin returns the reader of a data set that needs no file, nil for any other name.
func Builtin(name string) func() (*dataset.Dataset, error) {
	switch name {
	case "digits":
		return dataset.Digits
	case "digits-labels":
		return dataset.DigitQuestions
	case "housing":
		return dataset.Housing
	}
	return nil
}

// Files are the files that the data are in, none for those that need no file.
func (s *Source) Files() []string {
	if s.Data == "" || !s.Test && Builtin(s.Data) != nil {
		return nil
	}
	return []string{s.Data, s.Labels}
}

// SeveralLabels reports whether rows have several labels that may be true at once.
func (s *Source) SeveralLabels() bool { return s.Data == "digits-labels" || s.CSV.Questions != nil }

// Load reads a data set. What is wrong with a file is [cli.ErrUsage].
func (s *Source) Load() (*dataset.Dataset, error) {
	if read := Builtin(s.Data); !s.Test && read != nil {
		return read()
	}
	name, labelsName := s.names()
	hint := "; want " + wantData(!s.OfClasses)
	if s.Test {
		hint = ""
	}
	format, err := FormatOf(name, s.Data, hint)
	switch {
	case err != nil:
		return nil, err
	case s.Labels == "" && format != dataset.FormatCSV:
		return nil, cli.Usagef("%s%s: an %v file has no labels in it; give them with %sFILE", name, s.Data,
			format, labelsName)
	case s.Labels != "" && format == dataset.FormatCSV:
		return nil, cli.Usagef("%s%s: is no IDX or NPY file, to which %s could belong; a CSV file has its labels in it",
			name, s.Data, strings.TrimSpace(labelsName))
	}
	var set *dataset.Dataset
	if s.Labels == "" {
		set, err = s.readTable()
	} else {
		set, err = s.readArrays()
	}
	switch {
	case err == nil || errors.Is(err, cli.ErrUsage):
		return set, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Usagef("%s%s: no such file", labelsName, s.Labels)
	case s.Labels == "":
		return nil, s.csvError(err)
	}
	var file interface{ Path() string }
	if errors.As(err, &file) && file.Path() == s.Labels {
		name = labelsName
	}
	var row *dataset.RowError
	if errors.As(err, &row) && row.Option != "" {
		plain := *row
		plain.Option = ""
		hint := "-soft K divides the K columns by their sums"
		if s.HasLink {
			hint += ", -link sigmoid takes them for labels of which several may be true"
		}
		return nil, cli.Usagef("%s%s; %s", name, cli.Plain(&plain), hint)
	}
	return nil, cli.Usagef("%s%s", name, cli.Plain(err))
}

// readArrays reads features and labels from a file each.
func (s *Source) readArrays() (*dataset.Dataset, error) {
	opt := dataset.ArrayOptions{Classes: s.Classes}
	switch {
	case s.CSV.Counts:
		opt.Columns = dataset.ColumnsAreCounts
	case s.CSV.LabelColumns > 0:
		opt.Columns = dataset.ColumnsAreVotes
	case s.Questions:
		opt.Columns = dataset.ColumnsAreQuestions
	}
	set, err := dataset.ReadArrays(s.Data, s.Labels, opt)
	if k := s.CSV.LabelColumns; err == nil && k > 0 && set.NumClasses() != k {
		return nil, cli.Usagef("-soft %d: %s has %s", k, s.Labels, phrase.Plural(set.NumClasses(), "column"))
	}
	return set, err
}

// readTable reads a table. A label that is only likely may be missing where columns have no names.
func (s *Source) readTable() (*dataset.Dataset, error) {
	if s.label == "" || s.CSV.Label != "" || s.CSV.LabelColumns > 0 || s.CSV.Questions != nil {
		return dataset.ReadCSVFile(s.Data, s.CSV)
	}
	likely := s.CSV
	likely.Label = s.label
	set, err := dataset.ReadCSVFile(s.Data, likely)
	if errors.Is(err, dataset.ErrColumn) || errors.Is(err, dataset.ErrParam) {
		last, lastErr := dataset.ReadCSVFile(s.Data, s.CSV)
		if s.CSV.Header == dataset.HeaderNo || lastErr == nil && strings.HasPrefix(last.LabelName, "column_") {
			return last, lastErr
		}
	}
	return set, err
}

// csvError returns an error of dataset.ReadCSVFile in the words of the command line.
func (s *Source) csvError(err error) error {
	name, _ := s.names()
	var column *dataset.ColumnError
	if errors.As(err, &column) {
		flags := map[string]string{"Label": "label", "Questions": "label", "Drop": "drop"}
		return NoColumn(flags[column.Option], s.Data, column)
	}
	hints := map[string]string{
		"Label":   "-label NAME takes another column for the class",
		"Drop":    "-drop NAME leaves the column out",
		"Comma":   "-comma CHAR says what separates them",
		"Decimal": "-decimal , reads such numbers",
		"Missing": "-missing drop leaves such rows out, -missing impute fills them in",
	}
	if s.Bare { // where the model says what becomes of them
		hints["Missing"] = "a model trained with -missing impute fills it in"
	}
	return cli.Usagef("%s%s", name, TableError(s.Data, err, hints))
}

// NoColumn is the error for a column of a table that a flag names and that is not there, or not
// there any more.
func NoColumn(flag, path string, e *dataset.ColumnError) error {
	if e.Again {
		return cli.Usagef("-%s %s: this column of %s is named a second time; the others are %s", flag, e.Name, path,
			phrase.List(e.Columns))
	}
	text := fmt.Sprintf("-%s %s: no such column in %s; the columns are %s", flag, e.Name, path, phrase.List(e.Columns))
	if near := cli.Nearest(e.Name, e.Columns); near != "" {
		text += "; did you mean " + phrase.Quote(near) + "?"
	}
	return cli.Usagef("%s", text)
}

// TableError returns what is wrong with a table, and what to do about it: hints say so for each
// option of package dataset.
func TableError(path string, err error, hints map[string]string) string {
	var cell *dataset.CellError
	if !errors.As(err, &cell) {
		return cli.Plain(err)
	}
	if errors.Is(err, dataset.ErrHeader) {
		return fmt.Sprintf("%s: line %d: got %s; say -header yes or -header no", path, cell.Line, cell.Got)
	}
	plain := *cell
	plain.Option = ""
	text := cli.Plain(&plain)
	for option, hint := range hints {
		if slices.Contains(strings.Fields(cell.Option), option) {
			text += "; " + hint
		}
	}
	return text
}

// FormatOf is [dataset.FormatOf] of a file that a flag, "" for none, names; hint is added where
// there is no such file. What is wrong is [cli.ErrUsage].
func FormatOf(flag, path, hint string) (dataset.Format, error) {
	format, err := dataset.FormatOf(path)
	switch {
	case isFolder(path):
		err = cli.Usagef("%s%s: is a folder, want a file", flag, path)
	case errors.Is(err, fs.ErrNotExist):
		err = cli.Usagef("%s%s: no such file%s", flag, path, hint)
	case err != nil:
		err = cli.Usagef("%s%s", flag, cli.Plain(err))
	}
	return format, err
}

// isFolder reports whether there is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}
