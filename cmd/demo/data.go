package main

import (
	"errors"
	"io/fs"
	"math"
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

// loadData reads a data set by its name, or a CSV file. What is wrong with a file is errUsage.
func loadData(name string, opt dataset.CSVOptions) (*dataset.Dataset, error) {
	if read := builtin(name); read != nil {
		return read()
	}
	set, err := dataset.ReadCSVFile(name, opt)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("-data %s: no such file; want digits, housing or the path of a CSV file", name)
	case errors.Is(err, dataset.ErrHeader):
		return nil, usagef("-data %s; say -header yes or -header no", trimPackage(err))
	case err != nil:
		return nil, usagef("-data %s", trimPackage(err))
	}
	return set, nil
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
