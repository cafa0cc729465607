package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"unicode/utf8"

	"gorgonia.org/tensor"

	"softloss/train"
	"softloss/train/dataset"
)

// predictOptions are what the command line of predict says.
type predictOptions struct {
	model string
	csv   dataset.CSVOptions
	json  bool
}

const predictIntro = `demo predict says what a saved model makes of new rows.

Usage: demo predict [flags] FILE

Examples:
  demo predict new.csv                              the model in demo-out
  demo predict -model flowers.safetensors new.csv
  demo predict -json new.csv                        all probabilities
  demo predict -header no pixels.csv                columns in the model's order
  demo predict t10k-images-idx3-ubyte.gz            images; NPY files too
`

const predictEnd = `
The columns of a CSV file are found by the names that the model was trained
with, in any order; others, such as the class, are not looked at. Without a
first line of names they are in the model's order. An IDX or NPY file has the
features in the model's order, in the units that it was trained with. Files may
be gzipped. A model that was trained with -calibrate says calibrated
probabilities. Exit status: 0 done, 1 failed, 2 wrong flag, value or file.
`

// table returns the flags of predict in the order of -h.
func (o *predictOptions) table() []option {
	return []option{
		{"Flags", "model", "FILE", "demo-out/" + modelFile, "a model that demo train saved", text(&o.model, "a file")},
		{"Flags", "header", "auto|yes|no", "auto", "whether the first line of a CSV file names the columns; without, they are in the order of the model's features", header(&o.csv.Header)},
		{"Flags", "comma", "CHAR", "", commaHelp, comma(&o.csv.Comma)},
		{"Flags", "json", "", "false", "write JSON with the probabilities of all classes", boolean(&o.json)},
	}
}

// prediction is a row of the answer.
type prediction struct {
	Row           int                `json:"row"` // counted from 1
	Class         string             `json:"class"`
	Probability   float32            `json:"probability"`
	Probabilities map[string]float32 `json:"probabilities"`
}

// predictCommand predicts.
func predictCommand(_ context.Context, args []string, c console) error {
	var o predictOptions
	rest, err := parseFlags("predict", o.table(), args)
	switch {
	case err != nil:
		return err
	case len(rest) != 1:
		return usagef("got %s, want the file to predict: demo predict -model %s FILE", count(len(rest), "file"), shellWord(o.model))
	}
	saved, err := loadSaved("model", o.model)
	if err != nil {
		return err
	}
	features, err := o.readFeatures(rest[0], saved)
	if err != nil {
		return err
	}
	probs, err := saved.Predict(features)
	if err != nil {
		return usagef("%s: %s", rest[0], trimPackage(err))
	}
	return o.print(c.stdout, predictions(saved, probs))
}

// predictions names the classes.
func predictions(saved *train.Saved, probs *tensor.Dense) []prediction {
	n, k := probs.Shape()[0], probs.Shape()[1]
	out := make([]prediction, n)
	for i := range out {
		p := prediction{Row: i + 1, Probability: -1, Probabilities: map[string]float32{}}
		for j, v := range probs.Float32s()[i*k : (i+1)*k] {
			name := strconv.Itoa(j)
			if saved.ClassNames != nil {
				name = saved.ClassNames[j]
			}
			p.Probabilities[name] = v
			if v > p.Probability {
				p.Class, p.Probability = name, v
			}
		}
		out[i] = p
	}
	return out
}

// print writes the table or JSON.
func (o *predictOptions) print(w io.Writer, all []prediction) error {
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
			fmt.Fprintf(&b, "%5d  %-*s  %11s\n", p.Row, width, p.Class, percent(float(p.Probability)))
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// readFeatures reads the rows of a file as the model wants them.
func (o *predictOptions) readFeatures(path string, saved *train.Saved) (*tensor.Dense, error) {
	format, err := dataset.FormatOf(path)
	switch {
	case isFolder(path):
		return nil, usagef("%s: is a folder, want a file", path)
	case errors.Is(err, fs.ErrNotExist):
		return nil, usagef("%s: no such file", path)
	case err != nil:
		return nil, usagef("%s", trimPackage(err))
	case format == dataset.FormatCSV:
		return o.readCSV(path, saved)
	}
	features, err := dataset.ReadFeaturesFile(path)
	if err != nil {
		return nil, usagef("%s", trimPackage(err))
	}
	if got, want := features.Shape()[1], saved.Model.Sizes()[0]; got != want {
		return nil, usagef("%s: got %s, want %d, the features of the model", path, count(got, "feature"), want)
	}
	return features, nil
}

// readCSV reads the rows of a CSV file.
func (o *predictOptions) readCSV(path string, saved *train.Saved) (*tensor.Dense, error) {
	features, err := saved.ReadCSVFile(path, o.csv)
	switch {
	case err == nil:
		return features, nil
	case errors.Is(err, dataset.ErrHeader):
		return nil, usagef("%s", headerUnclear(path, err))
	case !errors.Is(err, dataset.ErrColumn):
		return nil, usagef("%s", trimPackage(err))
	}
	text := fmt.Sprintf("%s; the model is %s", trimPackage(err), o.model)
	if saved.ClassNames != nil {
		text += ", which tells apart " + quoted(saved.ClassNames)
	}
	return nil, usagef("%s", text)
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
