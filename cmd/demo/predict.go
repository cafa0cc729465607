package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"unicode/utf8"

	"gorgonia.org/tensor"

	"softloss/train"
	"softloss/train/dataset"
)

// predictOptions are what the command line of predict says.
type predictOptions struct {
	model  string
	header bool
	json   bool
}

const predictIntro = `demo predict says what a saved model makes of new rows.

Usage: demo predict [flags] FILE

Examples:
  demo predict new.csv                              the model in demo-out
  demo predict -model flowers.safetensors new.csv
  demo predict -json new.csv                        all probabilities
  demo predict -header=false pixels.csv             columns in the model's order
  demo predict t10k-images-idx3-ubyte.gz            images; NPY files too
`

const predictEnd = `
The first line of a CSV file names its columns. They are found by the names that
the model was trained with, in any order; others, such as the class, are not
looked at. An IDX or NPY file has the features in the model's order, in the
units that it was trained with. Files may be gzipped. A model that was trained
with -calibrate says calibrated probabilities. Exit status: 0 done, 1 failed, 2
wrong flag, value or file.
`

// table returns the flags of predict in the order of -h.
func (o *predictOptions) table() []option {
	return []option{
		{"Flags", "model", "FILE", "demo-out/" + modelFile, "a model that demo train saved", text(&o.model, "a file")},
		{"Flags", "header", "", "true", "the first line of a CSV file names the columns; without, they are in the order of the model's features", boolean(&o.header)},
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
	file, err := os.Open(path)
	if err != nil {
		return nil, usagef("%s: %s", path, cause(err))
	}
	defer file.Close()
	var source io.Reader = bufio.NewReader(file)
	if magic, _ := source.(*bufio.Reader).Peek(2); string(magic) == "\x1f\x8b" {
		if source, err = gzip.NewReader(source); err != nil {
			return nil, usagef("%s: %s", path, err)
		}
	}
	records := csv.NewReader(source)
	records.TrimLeadingSpace = true
	var header []string
	if o.header {
		if header, err = records.Read(); err != nil {
			return nil, usagef("%s: %s; want a line with the names of the columns", path, readFault(err))
		}
		header[0] = string(bytes.TrimPrefix([]byte(header[0]), []byte("\ufeff")))
	}
	columns, err := matchColumns(saved, header)
	if err != nil {
		return nil, usagef("%s: %s", path, err)
	}
	var data []float32
	for {
		record, err := records.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, usagef("%s: %s", path, readFault(err))
		}
		line, _ := records.FieldPos(0)
		if data, err = columns.add(data, record); err != nil {
			return nil, usagef("%s: line %d: %s", path, line, err)
		}
	}
	if len(data) == 0 {
		return nil, usagef("%s: no rows below the header", path)
	}
	d := saved.Model.Sizes()[0]
	return tensor.New(tensor.WithShape(len(data)/d, d), tensor.WithBacking(data)), nil
}

// readFault is what is wrong with a CSV file.
func readFault(err error) string {
	if err == io.EOF {
		return "is empty"
	}
	return oneLine(err)
}
