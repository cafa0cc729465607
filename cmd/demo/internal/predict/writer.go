package predict

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/dense"
	"softloss/train"
)

// Prediction is a row of the answer. One that cannot be read has an error and no class.
type Prediction struct {
	Row           int                `json:"row"` // counted from 1
	ID            string             `json:"id,omitempty"`
	Class         string             `json:"class,omitempty"`
	Probability   float32            `json:"probability,omitempty"`
	Probabilities map[string]float32 `json:"probabilities,omitempty"`
	Error         string             `json:"error,omitempty"`
}

// writer writes predictions in one of the formats.
type writer struct {
	out     *bufio.Writer
	format  string
	id      string // name of the column that is kept; "" for none
	classes []string
	width   int // of the column of classes
	row     int // the last one
	csv     *csv.Writer
}

func newWriter(format, id string, saved *train.Saved, out io.Writer) *writer {
	w := &writer{out: bufio.NewWriter(out), format: format, id: id, width: len("class")}
	if format == "text" {
		w.out = bufio.NewWriter(cli.CleanWriter{Writer: out})
	}
	w.csv = csv.NewWriter(w.out)
	sizes := saved.Model.Sizes()
	for k := range sizes[len(sizes)-1] {
		w.classes = append(w.classes, record.ClassName(saved.ClassNames, k))
		w.width = max(w.width, utf8.RuneCountInString(cli.Clean(w.classes[k])))
	}
	return w
}

// rows writes the predictions of some rows at once; probs are those of the rows that could be read.
func (w *writer) rows(probs []float32, origins []origin) error {
	k := len(w.classes)
	for _, o := range origins {
		w.row++
		p := Prediction{Row: w.row, ID: o.id, Error: o.fault}
		var all []float32
		if o.fault == "" {
			all, probs = probs[:k], probs[k:]
			top := dense.Argmax(all)
			p.Class, p.Probability = w.classes[top], all[top]
		}
		if err := w.predicted(p, all); err != nil {
			return err
		}
	}
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return err
	}
	return w.out.Flush()
}

// predicted writes the prediction of a row, whose probabilities are nil without one.
func (w *writer) predicted(p Prediction, probs []float32) error {
	switch w.format {
	case "text":
		return w.text(p)
	case "csv":
		return w.cells(p, probs)
	}
	if probs != nil {
		p.Probabilities = map[string]float32{}
	}
	for j, v := range probs {
		p.Probabilities[w.classes[j]] = v
	}
	if w.format == "jsonl" {
		return w.json(p, "", "")
	}
	between := ",\n  "
	if p.Row == 1 {
		between = "[\n  "
	}
	if _, err := w.out.WriteString(between); err != nil {
		return err
	}
	return w.json(p, "  ", "  ")
}

// text writes a line for people.
func (w *writer) text(p Prediction) error {
	id := func(text string) string {
		if w.id == "" {
			return ""
		}
		return "  " + strings.Join(strings.Fields(text), " ")
	}
	if p.Row == 1 {
		fmt.Fprintf(w.out, "%5s  %-*s  %s%s\n", "row", w.width, "class", "probability", id(w.id))
	}
	probability := record.Percent(record.Float(p.Probability))
	if p.Error != "" {
		probability = "error"
	}
	_, err := fmt.Fprintf(w.out, "%5d  %-*s  %11s%s\n", p.Row, w.width, p.Class, probability, id(p.ID))
	return err
}

// cells writes a line of a table.
func (w *writer) cells(p Prediction, probs []float32) error {
	line := func(row, id, class, probability string, all []string) error {
		cells := []string{row}
		if w.id != "" {
			cells = append(cells, id)
		}
		return w.csv.Write(append(append(cells, class, probability), all...))
	}
	if p.Row == 1 {
		if err := line("row", w.id, "class", "probability", w.classes); err != nil {
			return err
		}
	}
	all := make([]string, len(w.classes))
	for j, v := range probs {
		all[j] = number(v)
	}
	if probs == nil {
		return line(strconv.Itoa(p.Row), p.ID, "", "", all)
	}
	return line(strconv.Itoa(p.Row), p.ID, p.Class, number(p.Probability), all)
}

// json writes a prediction, as a line when it is not indented.
func (w *writer) json(p Prediction, prefix, indent string) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent(prefix, indent)
	if err := enc.Encode(p); err != nil {
		return err
	}
	content := b.Bytes()
	if indent != "" {
		content = bytes.TrimSuffix(content, []byte{'\n'})
	}
	_, err := w.out.Write(content)
	return err
}

// number is a probability with all of its digits.
func number(p float32) string { return strconv.FormatFloat(float64(p), 'g', -1, 32) }

// end ends a list.
func (w *writer) end() error {
	if w.format == "json" {
		w.out.WriteString("\n]\n")
	}
	return w.out.Flush()
}
