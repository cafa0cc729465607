package input

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/phrase"
	"softloss/train/dataset"
)

// Flags returns the flags that name data to learn from, without a heading; questions says that a
// row may have several labels.
func (s *Source) Flags(questions bool) []cli.Flag {
	of := func(text string) string {
		if questions {
			return text
		}
		return ""
	}
	return append([]cli.Flag{
		cli.Value("data", "NAME|FILE", "digits", "digits (1797 images, 10 classes), "+of("digits-labels (five labels of "+
			"each, such as even, several of which may be true), ")+"housing (24 rows of how tenants answered, 3 classes), a "+
			"CSV file, or with -labels an IDX or NPY file; files may be gzipped",
			cli.Text(&s.Data, wantData(questions))),
		cli.Value("labels", "FILE", "", "labels of an IDX or NPY file: a file of the same kind, of classes or, NPY, of a "+
			"column for each class: shares of 1, with -soft any numbers >= 0"+of(", with demo train -link sigmoid whether a "+
			"label is true, 0 to 1"),
			cli.AnyText(&s.Labels)),
		cli.Value("label", "NAME"+of(",..."), "", "column of a CSV file that holds the class, by its name or number "+
			"(default: the last)"+of("; or several, of which each says whether a label is true: 0 or 1, no or yes"),
			labelColumns(&s.CSV)),
		cli.Value("classes", "NAME,...", "", "names of the classes 0, 1, … of -labels, with commas between them",
			different(&s.Classes)),
		cli.Value("soft", "K", "0", "the last K columns of a CSV file, or the K of a file of -labels, hold one number >= 0 "+
			"for each class, a soft label or how many people chose it; rows are divided by their sums",
			cli.Whole(&s.CSV.LabelColumns, 0)),
		cli.Value("drop", "NAME,...", "", "columns of a CSV file that are left out, such as a number that every row has; "+
			"names or numbers from 1", columns(&s.CSV.Drop)),
		cli.Value("missing", "HOW", "refuse", "what becomes of empty cells of a CSV file, NA and the like: refuse, drop "+
			"(leave out the row) or impute (the median, or the most frequent word)", cli.OneOf(&s.CSV.Missing, missingName,
			dataset.MissingRefuse, dataset.MissingDrop, dataset.MissingNaN)),
	}, TableFlags(&s.CSV)...)
}

// TableFlags returns the flags that say how a CSV file is written.
func TableFlags(csv *dataset.CSVOptions) []cli.Flag {
	return []cli.Flag{
		cli.Value("header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns",
			cli.OneOf(&csv.Header, headerName, dataset.HeaderAuto, dataset.HeaderYes, dataset.HeaderNo)),
		cli.Value("comma", "CHAR", "", "what separates the cells of a CSV file: a character, or tab (default: a comma, or "+
			"the semicolon, tab or bar that stands first in a first line without one)", comma(&csv.Comma)),
		cli.Value("decimal", "CHAR", "", "what stands before the fraction of a number in a CSV file: . or , (default .)",
			cli.OneOf(&csv.Decimal, func(r rune) string { return string(r) }, '.', ',')),
	}
}

// UnseenFlag says what becomes of words, which says which.
func UnseenFlag(dst *dataset.Unseen, which string) cli.Flag {
	return cli.Value("unseen", "HOW", "refuse", "what becomes of a word "+which+": refuse, or zeros (as if it were none "+
		"of those of its column)", cli.OneOf(dst, unseenName, dataset.UnseenRefuse, dataset.UnseenZeros))
}

func unseenName(u dataset.Unseen) string {
	return [...]string{dataset.UnseenRefuse: "refuse", dataset.UnseenZeros: "zeros"}[u]
}

func headerName(h dataset.Header) string {
	return [...]string{dataset.HeaderAuto: "auto", dataset.HeaderYes: "yes", dataset.HeaderNo: "no"}[h]
}

func missingName(m dataset.Missing) string {
	return [...]string{dataset.MissingRefuse: "refuse", dataset.MissingDrop: "drop", dataset.MissingNaN: "impute"}[m]
}

// labelColumns reads the column of the class, or those of several labels.
func labelColumns(csv *dataset.CSVOptions) func(string) error {
	return func(s string) error {
		if csv.Label, csv.Questions = strings.TrimSpace(s), nil; strings.Contains(s, ",") {
			csv.Label = ""
			return columns(&csv.Questions)(s)
		}
		return nil
	}
}

// columns reads names with commas between them. White space around a name does not count, as in a
// table.
func columns(dst *[]string) func(string) error {
	return func(s string) error {
		if *dst = nil; s != "" {
			*dst = strings.Split(s, ",")
		}
		for i, name := range *dst {
			(*dst)[i] = strings.TrimSpace(name)
		}
		if slices.Contains(*dst, "") {
			return errors.New("a name is missing, want one before and one behind each comma")
		}
		return nil
	}
}

// different reads names with commas between them, each once.
func different(dst *[]string) func(string) error {
	return func(s string) error {
		err := columns(dst)(s)
		for i, name := range *dst {
			if name == "" {
				return fmt.Errorf("number %d has no name, want one for each class", i)
			}
			if slices.Contains((*dst)[:i], name) {
				return fmt.Errorf("%s is there twice, want each class once", phrase.Quote(name))
			}
		}
		return err
	}
}

// comma reads what separates the cells of a CSV file.
func comma(dst *rune) func(string) error {
	return func(s string) error {
		if s == "tab" || s == `\t` {
			s = "\t"
		}
		c, size := utf8.DecodeRuneInString(s)
		if size == 0 || size != len(s) || c == utf8.RuneError || strings.ContainsRune("\"\r\n\x00", c) {
			return errors.New("want one character that is no quote, such as ; or the word tab")
		}
		*dst = c
		return nil
	}
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// given are the flags about a file that are given, and of these the ones about a CSV file.
func (s *Source) given() (ofFile, ofTable []string) {
	for _, f := range []struct {
		name         string
		given, table bool
	}{
		{"-label", s.CSV.Label != "" || s.CSV.Questions != nil, true},
		{"-soft", s.CSV.LabelColumns != 0, false},
		{"-counts", s.CSV.Counts, false},
		{"-drop", s.CSV.Drop != nil, true},
		{"-missing", s.CSV.Missing != dataset.MissingRefuse, true},
		{"-header", s.CSV.Header != dataset.HeaderAuto, true},
		{"-comma", s.CSV.Comma != 0, true},
		{"-decimal", s.CSV.Decimal != 0, true},
		{"-unseen", s.CSV.Unseen != dataset.UnseenRefuse, true},
	} {
		if f.given {
			ofFile = append(ofFile, f.name)
		}
		if f.given && f.table {
			ofTable = append(ofTable, f.name)
		}
	}
	return ofFile, ofTable
}

// areFor says of flags what they are for.
func areFor(flags []string, what string) string {
	verb := "are"
	if len(flags) == 1 {
		verb = "is"
	}
	return fmt.Sprintf("%s %s for %s", phrase.And(flags), verb, what)
}

// Check returns an error for flags that exclude each other.
func (s *Source) Check() error {
	data := "-data"
	if s.Bare {
		data = "FILE"
	}
	ofFile, ofTable := s.given()
	switch isBuiltin := Builtin(s.Data) != nil; {
	case ofFile != nil && isBuiltin:
		return cli.Usagef("%s, but %s is %s", areFor(ofFile, "data from a file"), data, s.Data)
	case s.Labels != "" && isBuiltin:
		return cli.Usagef("-labels is for an IDX or NPY file, but %s is %s, which has its labels", data, s.Data)
	case s.Classes != nil && s.Labels == "":
		return cli.Usagef("-classes is for the numbers in a file of -labels; the classes of a table have their names in it")
	case s.Labels != "" && ofTable != nil:
		return cli.Usagef("%s, but -labels is for an IDX or NPY file", areFor(ofTable, "a CSV file"))
	case s.CSV.Counts && s.CSV.LabelColumns == 0:
		return cli.Usagef("-counts needs -soft K: the last K columns count the votes for each class")
	case (s.CSV.Label != "" || s.CSV.Questions != nil) && s.CSV.LabelColumns != 0:
		return cli.Usagef("-label and -soft exclude each other: the class is in one column or in the last K")
	case s.CSV.Label != "" && s.CSV.Header == dataset.HeaderNo && !isNumber(s.CSV.Label):
		return cli.Usagef("-label %s and -header no exclude each other: the column is found by its name in the header, "+
			"or by its number", s.CSV.Label)
	case s.CSV.LabelColumns == 1:
		return cli.Usagef("-soft 1: want 2 or more columns, one for each class")
	}
	return nil
}
