// Package predict uses a saved model on new rows.
package predict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/dense"
	"softloss/train"
	"softloss/train/dataset"
)

// Prediction is a row of the answer.
type Prediction struct {
	Row           int                `json:"row"` // counted from 1
	Class         string             `json:"class"`
	Probability   float32            `json:"probability"`
	Probabilities map[string]float32 `json:"probabilities"`
}

// Do predicts.
func Do(o Options, c cli.Console) error {
	saved, err := input.Model("model", o.model)
	if err != nil {
		return err
	}
	features, err := o.readFeatures(o.file, saved)
	if err != nil {
		return err
	}
	probs, err := saved.Predict(features)
	if err != nil {
		return cli.Usagef("%s: %s", o.file, cli.TrimPackage(err))
	}
	return o.print(cli.CleanWriter{Writer: c.Stdout}, predictions(saved, probs))
}

// predictions names the classes.
func predictions(saved *train.Saved, probs *tensor.Dense) []Prediction {
	n, k := probs.Shape()[0], probs.Shape()[1]
	out := make([]Prediction, n)
	for i := range out {
		row := probs.Float32s()[i*k : (i+1)*k]
		top := dense.Argmax(row)
		out[i] = Prediction{Row: i + 1, Class: record.ClassName(saved.ClassNames, top), Probability: row[top],
			Probabilities: map[string]float32{}}
		for j, p := range row {
			out[i].Probabilities[record.ClassName(saved.ClassNames, j)] = p
		}
	}
	return out
}

// print writes the table or JSON.
func (o *Options) print(w io.Writer, all []Prediction) error {
	var b bytes.Buffer
	if o.json {
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(all); err != nil {
			return err
		}
	} else {
		width := len("class")
		for _, p := range all {
			width = max(width, utf8.RuneCountInString(p.Class))
		}
		fmt.Fprintf(&b, "%5s  %-*s  %s\n", "row", width, "class", "probability")
		for _, p := range all {
			fmt.Fprintf(&b, "%5d  %-*s  %11s\n", p.Row, width, p.Class, record.Percent(record.Float(p.Probability)))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// readFeatures reads the rows of a file as the model wants them.
func (o *Options) readFeatures(path string, saved *train.Saved) (*tensor.Dense, error) {
	format, err := dataset.FormatOf(path)
	switch {
	case input.IsFolder(path):
		return nil, cli.Usagef("%s: is a folder, want a file", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, cli.Usagef("%s: no such file", path)
	case err != nil:
		return nil, cli.Usagef("%s", cli.TrimPackage(err))
	case format == dataset.FormatCSV:
		return o.readCSV(path, saved)
	}
	features, err := dataset.ReadFeaturesFile(path)
	if err != nil {
		return nil, cli.Usagef("%s", cli.TrimPackage(err))
	}
	if got, want := features.Shape()[1], saved.Model.Sizes()[0]; got != want {
		return nil, cli.Usagef("%s: got %s, want %d, the features of the model", path, cli.Count(got, "feature"), want)
	}
	return features, nil
}

// readCSV reads the rows of a CSV file.
func (o *Options) readCSV(path string, saved *train.Saved) (*tensor.Dense, error) {
	features, err := saved.ReadCSVFile(path, o.csv)
	switch {
	case err == nil:
		return features, nil
	case errors.Is(err, dataset.ErrHeader):
		return nil, cli.Usagef("%s", input.HeaderUnclear(path, err))
	case !errors.Is(err, dataset.ErrColumn):
		return nil, cli.Usagef("%s", cli.TrimPackage(err))
	}
	text := fmt.Sprintf("%s; the model is %s", cli.TrimPackage(err), o.model)
	if saved.ClassNames != nil {
		text += ", which tells apart " + quoted(saved.ClassNames)
	}
	return nil, cli.Usagef("%s", text)
}

// quoted lists the first names in an error.
func quoted(names []string) string {
	const most = 10
	var out []string
	for _, n := range names[:min(most, len(names))] {
		out = append(out, strconv.Quote(n))
	}
	text := strings.Join(out, ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}
