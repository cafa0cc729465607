package dataset

import (
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/table"
)

// Header says whether the first line of a CSV file holds the column names.
type Header = table.Header

const (
	// HeaderAuto looks at the first two lines. The first is a header when it has no number and
	// stands, in some column, above a number; it is data when it has a number and no text stands
	// above a number. Everything else (a file of nothing but text; a header with a number in it;
	// numbers that count up, as years do; a damaged first row) is [ErrHeader]: say which. A named
	// label makes it HeaderYes.
	HeaderAuto Header = table.HeaderAuto
	HeaderYes  Header = table.HeaderYes // the first line holds the names
	HeaderNo   Header = table.HeaderNo  // the first line is data; features are named column_1, column_2, …
)

// Missing says what becomes of a cell without a value: one that is empty or ?, or has a sign that
// pandas takes for one: NA, N/A, NaN, null, #N/A, <NA> and the like, in any case of letters, or
// None, as Python writes it; none may be a word.
type Missing = table.MissingRule

const (
	MissingRefuse Missing = table.MissingRefuse // an error, [ErrMissing]; in a column of text only an empty cell is one
	MissingDrop   Missing = table.MissingDrop   // the row is left out
	MissingNaN    Missing = table.MissingNaN    // its features are NaN: [FitFill] finds what stands for them
)

// CSVOptions says how [ReadCSV] reads a table. The zero value finds out what separates the cells
// and whether there is a header and takes the last column for the class.
type CSVOptions struct {
	// Label is the name, or else the number from 1, of the column of the classes, which may stand
	// anywhere. A name needs a header. It excludes LabelColumns. "" is the last column.
	Label string

	// LabelColumns, when not 0, says that the last LabelColumns columns, 2 or more, hold one number
	// >= 0 for each class: a soft label or counts. Every row is divided by its sum. The header
	// names the classes ("0", "1", … without one).
	LabelColumns int

	// Questions are the columns, by name or else by number from 1, of which each says whether a label
	// is true: 0 or no or false, 1 or yes or true, or a number between. Several may be true, or none:
	// they are for losses.SigmoidLink. They name the classes, in this order. It excludes Label and
	// LabelColumns.
	Questions []string

	// Counts says that the label columns count observations, so that a row weighs as much as its
	// sum: Dataset.Counts keeps the sums. Without it Dataset.Counts is nil. It needs LabelColumns.
	Counts bool

	// Header says whether the first line is a header.
	Header Header

	// Comma separates the cells. It cannot be a quote or a line end. 0 is what a first line sep=;
	// says, or ',', or, when the first line has no ',' outside quotes, the first ';', tab or '|' in
	// it.
	Comma rune

	// Decimal stands before the fraction of a number: '.' or ','. 0 is '.'.
	Decimal rune

	// MaxCategories is the largest number of different values of one text column or of a class
	// column: more are most likely an identifier or a quantity, and would make a table of columns
	// times rows. 0 is 1000 and, where Classes does not say what there is, in more than 20 rows half
	// of their number.
	MaxCategories int

	// Missing says what becomes of cells without a value.
	Missing Missing

	// Drop lists columns that are not read, by name or else by number from 1.
	Drop []string

	// Unseen is for [NewFeatureReader]: what becomes of a text that the features do not have.
	Unseen Unseen

	// Classes are those that there are, in this order, whether they occur or not: those of a model,
	// say. Nil finds them out. Without meaning with Questions.
	Classes []string
}

// ReadCSV reads a table of samples, one a line, as encoding/csv understands it
// (RFC 4180, blank lines skipped), plain or gzip, with or without a byte order
// mark. White space around a cell does not count.
//
// A column is a number column or a text column. It is text only if none of its cells is a number;
// one number makes every text in it an error. Numbers are written as people do: 12, -0.5, .5, 1e-3.
// Number columns become one feature, float64. Text columns become one feature for each
// of their values, sorted, named name=value and 1 or 0 in every row.
//
// The class column is read as names. The classes are its different values, sorted: as numbers when
// all of them are, otherwise as text. Numbers must be written alike ("1" and "1.0" are an error).
//
// Errors, of type [*CellError] wherever there is a line to name:
//
//	a text in a number column, ±Inf, beyond float32, not UTF-8           [ErrCell]
//	a cell without a value                                               ErrCell, [ErrMissing]
//	12%, $3.50, 1,234, 1.5 cm, 1_000, 1,5 without Decimal;
//	a whole number beyond 2⁵³ that is no float64                         ErrCell, [ErrNumber]
//	a line of another length than the first                              ErrCell, [ErrShape]
//	bad quoting                                                          ErrCell, csv.ErrQuote,
//	                                                                     csv.ErrBareQuote
//	a name twice, or none, in the header                                 ErrCell
//	a negative label, a row of labels without a finite sum above 0       ErrCell, [ErrLabel]
//	more than MaxCategories values in a column                           ErrCell, [ErrClasses]
//	a first line that may be a header or not                             ErrCell, [ErrHeader]
//	a file without data rows                                             [ErrEmpty]
//	fewer than two classes, one that is not among Classes                ErrClasses
//	a label, or a column to drop, that is not there or named before;
//	two features of one name                                             [ErrColumn]
//	no column left for the features, a table of 2³¹ elements or more     ErrShape
//	options out of range or at odds with each other                      [ErrParam]
//	a damaged gzip file, one that is no text, a line of more than 64 MB  [ErrFormat]
func ReadCSV(r io.Reader, opt CSVOptions) (*Dataset, error) {
	opt, err := opt.check()
	if err != nil {
		return nil, err
	}
	t, err := table.Read(r, opt.table())
	if err != nil {
		return nil, err
	}
	d, err := assemble(t, opt)
	if err != nil {
		return nil, err
	}
	return d, nil
}

// ReadCSVFile is [ReadCSV] on a file, plain or gzip (told by its first bytes,
// not by its name). Errors name the file.
func ReadCSVFile(path string, opt CSVOptions) (*Dataset, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap("", err)
	}
	defer f.Close()
	d, err := ReadCSV(f, opt)
	return d, inFile(path, err)
}

// table returns the options of the reader.
func (opt CSVOptions) table() table.Options {
	if opt.Classes != nil && opt.MaxCategories == 0 {
		opt.MaxCategories = max(table.MaxCategories, len(opt.Classes))
	}
	return table.Options{
		Label: opt.Label, LabelColumns: opt.LabelColumns, Header: opt.Header, Comma: opt.Comma,
		Decimal: opt.Decimal, MaxCategories: opt.MaxCategories, Missing: opt.Missing, Drop: opt.Drop,
		Questions: opt.Questions,
	}
}

// assemble turns columns into tensors.
func assemble(t *table.Table, opt CSVOptions) (*Dataset, error) {
	d := &Dataset{rows: t.Numbers, Dropped: t.Dropped}
	if err := d.putColumns(t); err != nil {
		return nil, err
	}
	if t.Class != nil {
		names, index, err := t.Class.Classes(opt.Classes)
		if err != nil {
			return nil, err
		}
		d.ClassNames, d.LabelName = names, t.Class.Title()
		d.Labels, err = oneHot(index, len(names))
		return d, err
	}
	if opt.Questions != nil {
		for _, c := range t.Labels {
			d.ClassNames = append(d.ClassNames, c.Title())
		}
		var err error
		d.Labels, err = questionRows(t.Weights, len(t.Labels))
		return d, err
	}
	labels, totals, err := softRows(t.Weights, len(t.Labels))
	if err != nil {
		return nil, err
	}
	d.Labels = labels
	for j, c := range t.Labels {
		name := c.Name
		if name == "" {
			name = strconv.Itoa(j)
		}
		d.ClassNames = append(d.ClassNames, name)
	}
	if opt.Counts {
		d.Counts = totals
	}
	if opt.Classes != nil {
		return d.WithClasses(opt.Classes)
	}
	return d, nil
}

// putColumns writes all feature columns side by side.
func (d *Dataset) putColumns(t *table.Table) error {
	type span struct {
		from, to int
		write    func(dst []float64, i int)
	}
	var spans []span
	seen := make(map[string]bool)
	for _, c := range t.Features {
		names, write := c.Expand()
		for _, name := range names {
			if seen[name] {
				return fail(ErrColumn, "column %d: got a second feature of the name %s, want names that differ",
					c.Number, quote(name))
			}
			seen[name] = true
			d.columns = append(d.columns, c.Number)
		}
		from := len(d.FeatureNames)
		d.FeatureNames = append(d.FeatureNames, names...)
		spans = append(spans, span{from, len(d.FeatureNames), write})
	}
	width := len(d.FeatureNames)
	x, data, err := newMatrix[float64]("features", t.Rows, width)
	if err != nil {
		return err
	}
	for i := range t.Rows {
		row := data[i*width : (i+1)*width]
		for _, s := range spans {
			s.write(row[s.from:s.to], i)
		}
	}
	d.Features = x
	return nil
}

// check fills in the defaults and refuses options that contradict each other.
func (opt CSVOptions) check() (CSVOptions, error) {
	if opt.Decimal == 0 {
		opt.Decimal = '.'
	}
	isName := func(column string) bool { // and no number
		_, err := strconv.Atoi(strings.TrimPrefix(column, "column_"))
		return err != nil
	}
	labelByName, questionsByName := opt.Label != "" && isName(opt.Label), slices.ContainsFunc(opt.Questions, isName)
	if opt.Header == HeaderAuto && (labelByName || questionsByName) {
		opt.Header = HeaderYes
	}
	switch c := opt.Comma; {
	case c == '"', c == '\r', c == '\n', !utf8.ValidRune(c), c == utf8.RuneError:
		return opt, fail(ErrParam, "Comma: got %q, want a character that is no quote or line end", c)
	case opt.Decimal != '.' && opt.Decimal != ',':
		return opt, fail(ErrParam, "Decimal: got %q, want '.' or ','", opt.Decimal)
	case opt.Missing < MissingRefuse || opt.Missing > MissingNaN:
		return opt, fail(ErrParam, "Missing: got %d, want MissingRefuse, MissingDrop or MissingNaN", opt.Missing)
	case opt.Unseen < UnseenRefuse || opt.Unseen > UnseenZeros:
		return opt, fail(ErrParam, "Unseen: got %d, want UnseenRefuse or UnseenZeros", opt.Unseen)
	case opt.MaxCategories < 0 || opt.MaxCategories == 1:
		return opt, fail(ErrParam, "MaxCategories: got %d, want 0 or at least 2", opt.MaxCategories)
	case opt.Header < HeaderAuto || opt.Header > HeaderNo:
		return opt, fail(ErrParam, "Header: got %d, want HeaderAuto, HeaderYes or HeaderNo", opt.Header)
	case opt.LabelColumns < 0 || opt.LabelColumns == 1:
		return opt, fail(ErrParam, "LabelColumns: got %d, want 0 or at least 2", opt.LabelColumns)
	case opt.LabelColumns > 0 && opt.Label != "":
		return opt, fail(ErrParam, "Label: got %s together with LabelColumns, want one of them", quote(opt.Label))
	case opt.Questions != nil && (opt.Label != "" || opt.LabelColumns > 0):
		return opt, fail(ErrParam, "Questions: got %s together with Label or LabelColumns, want one of them",
			list(opt.Questions))
	case opt.Questions != nil && len(opt.Questions) == 0:
		return opt, fail(ErrParam, "Questions: got no column, want at least 1, or nil for one column of classes")
	case questionsByName && opt.Header == HeaderNo:
		return opt, fail(ErrParam, "Questions: got %s together with HeaderNo, want a header to find the names in",
			list(opt.Questions))
	case labelByName && opt.Header == HeaderNo:
		return opt, fail(ErrParam, "Label: got %s together with HeaderNo, want a header to find the name in",
			quote(opt.Label))
	case opt.Counts && opt.LabelColumns == 0:
		return opt, fail(ErrParam, "Counts: got true without LabelColumns, want the number of columns that count")
	}
	return opt, noneTwice("Classes", "class", opt.Classes)
}
