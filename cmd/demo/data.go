package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strings"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/dataset"
)

// builtin returns the reader of a data set that needs no file, nil for any other name.
func builtin(name string) func() (*dataset.Dataset, error) {
	switch name {
	case "digits":
		return dataset.Digits
	case "housing":
		return dataset.Housing
	}
	return nil
}

// source is data as a command line names it: digits, housing, a CSV file, or an IDX or NPY file with a file of labels.
type source struct {
	flag, labelsFlag string // by which they are given
	data, labels     string // labels is "" without such a file
	csv              dataset.CSVOptions
}

// load reads a data set. What is wrong with a file is errUsage.
func (s source) load() (*dataset.Dataset, error) {
	read := builtin(s.data)
	if s.flag == "data" && read != nil {
		return read()
	}
	format, err := dataset.FormatOf(s.data)
	switch {
	case isFolder(s.data):
		return nil, usagef("-%s %s: is a folder, want a file", s.flag, s.data)
	case errors.Is(err, fs.ErrNotExist) && s.flag == "data":
		return nil, usagef("-data %s: no such file; want %s", s.data, wantData)
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("-%s %s: no such file", s.flag, s.data)
	case err != nil:
		return nil, usagef("-%s %s", s.flag, trimPackage(err))
	case s.labels == "" && format != dataset.FormatCSV:
		return nil, usagef("-%s %s: an %v file has no labels in it; give them with -%s FILE", s.flag, s.data, format, s.labelsFlag)
	case s.labels != "" && format == dataset.FormatCSV:
		return nil, usagef("-%s %s: is no IDX or NPY file, to which -%s could belong; a CSV file has its labels in it", s.flag, s.data, s.labelsFlag)
	}
	var set *dataset.Dataset
	if s.labels == "" {
		set, err = dataset.ReadCSVFile(s.data, s.csv)
	} else {
		set, err = dataset.ReadPairFiles(s.data, s.labels)
	}
	switch {
	case err == nil:
		return set, nil
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("-%s %s: no such file", s.labelsFlag, s.labels)
	case s.labels == "":
		return nil, s.csvError(err)
	}
	text, flag := trimPackage(err), s.flag
	if strings.HasPrefix(text, s.labels+":") {
		flag = s.labelsFlag
	}
	return nil, usagef("-%s %s", flag, text)
}

// csvError is an error of dataset.ReadCSVFile in the words of the command line.
func (s source) csvError(err error) error {
	text := trimPackage(err)
	switch _, columns, _ := strings.Cut(text, "want one of the columns "); {
	case errors.Is(err, dataset.ErrColumn):
		return usagef("-label %s: no such column in %s; the columns are %s", s.csv.Label, s.data, columns)
	case errors.Is(err, dataset.ErrHeader):
		return usagef("-%s %s", s.flag, headerUnclear(s.data, err))
	case errors.Is(err, dataset.ErrShape) && strings.Contains(text, "got 1 column,"):
		text += "; -comma CHAR says what separates them"
	}
	before, after, tooMany := strings.Cut(text, " else raise MaxCategories")
	if text = before + after; tooMany && strings.Contains(text, "is this a quantity?") || strings.Contains(text, "want the same class written as") {
		text += "; -label NAME takes another column for the class"
	}
	return usagef("-%s %s", s.flag, text)
}

// headerUnclear says what to do about a first line that may be a header or not.
func headerUnclear(path string, err error) string {
	var line *dataset.CellError
	if !errors.As(err, &line) {
		return trimPackage(err)
	}
	return fmt.Sprintf("%s: line %d: got %s; say -header yes or -header no", path, line.Line, line.Got)
}

// isFolder reports whether there is a folder.
func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// isSoft reports whether a row's label is spread over several classes.
func isSoft(d *dataset.Dataset) bool {
	for _, t := range d.Labels.Float32s() {
		if t != 0 && t != 1 {
			return true
		}
	}
	return false
}

// lowestLoss is the loss of the best possible prediction of every single row, its own smoothed label
// τ / Στ. For cross entropy that is Στ times the entropy of that label; nothing can be
// below. It is computed by the criterion itself, at the logits log τ.
func lowestLoss(c losses.Criterion, d *dataset.Dataset) (float, error) {
	from := d.Labels.Float32s()
	labels := make([]float64, len(from))
	for i, t := range from {
		labels[i] = float64(t)
	}
	soft, err := c.Smoothing.Apply(tensor.New(tensor.WithShape(d.Len(), d.NumClasses()), tensor.WithBacking(labels)))
	if err != nil {
		return unknown, err
	}
	logits := soft.Clone().(*tensor.Dense)
	for i, t := range logits.Float64s() {
		logits.Float64s()[i] = math.Log(t)
	}
	in := losses.Inputs{Logits: logits, Target: soft}
	if d.Counts != nil {
		in.SampleWeights = tensor.New(tensor.WithShape(d.Len()), tensor.WithBacking(meanOne(d.Counts)))
	}
	out := tensor.New(tensor.FromScalar(0.0))
	c.Smoothing = losses.Smoothing{}
	if err := c.EvalInto(losses.Outputs{Loss: out}, in); err != nil {
		return unknown, err
	}
	return float(out.Float64s()[0]), nil
}

// meanOne returns the counts divided by their mean, the weights of the trainer.
func meanOne(counts []float64) []float64 {
	var sum float64
	for _, c := range counts {
		sum += c
	}
	out := make([]float64, len(counts))
	for i, c := range counts {
		out[i] = c / sum * float64(len(counts))
	}
	return out
}

// trimPackage is the text of an error without the name of the package in front, which means nothing to a user.
func trimPackage(err error) string {
	text := oneLine(err)
	for _, name := range []string{"dataset: ", "train: ", "losses: "} {
		text = strings.TrimPrefix(text, name)
	}
	return text
}

// cause is what the system said, without the operation and the path.
func cause(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return oneLine(err)
}
