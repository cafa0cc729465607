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
	"softloss/losses"
	"softloss/train"
)

// Prediction is a row of the answer. One that cannot be read has an error and no class. A model of
// several labels has those that are true in place of the class.
type Prediction struct {
	Row           int                `json:"row"` // counted from 1
	ID            string             `json:"id,omitempty"`
	Class         string             `json:"class,omitempty"`
	Labels        []string           `json:"labels,omitzero"`
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

	thresholds []float64 // of several labels; nil for classes
	saved      *train.Saved
}

func newWriter(format, id string, saved *train.Saved, out io.Writer) *writer {
	w := &writer{out: bufio.NewWriter(out), format: format, id: id, width: len("class"), saved: saved}
	if format == "text" {
		w.out = bufio.NewWriter(cli.CleanWriter{Writer: out})
	}
	w.csv = csv.NewWriter(w.out)
	sizes := saved.Model.Sizes()
	for k := range sizes[len(sizes)-1] {
		w.classes = append(w.classes, record.ClassName(saved.ClassNames, k))
		w.width = max(w.width, utf8.RuneCountInString(cli.Clean(w.classes[k])))
	}
	if saved.Model.Criterion().Link == losses.SigmoidLink {
		w.thresholds = record.Thresholds(saved.Thresholds, len(w.classes))
		w.width = max(len("labels"), utf8.RuneCountInString(cli.Clean(strings.Join(w.classes, ", "))))
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
			w.answer(&p, all)
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

// answer puts what probabilities say into a prediction: the class, see [train.Saved.Class], or the
// labels that are true.
func (w *writer) answer(p *Prediction, probs []float32) {
	if w.thresholds == nil {
		top := w.saved.Class(probs)
		p.Class, p.Probability = w.classes[top], probs[top]
		return
	}
	p.Labels = []string{}
	for j, v := range probs {
		if float64(v) >= w.thresholds[j] {
			p.Labels = append(p.Labels, w.classes[j])
		}
	}
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
	if w.thresholds != nil {
		return w.labelText(p, id)
	}
	if p.Row == 1 {
		if t := w.saved.Thresholds; t != nil {
			said := dense.Argmax(t)
			fmt.Fprintf(w.out, "%s is said from %s on, as the model was saved\n", w.classes[said],
				record.Percent(record.Float(t[said])))
		}
		fmt.Fprintf(w.out, "%5s  %-*s  %s%s\n", "row", w.width, "class", "probability", id(w.id))
	}
	probability := record.Percent(record.Float(p.Probability))
	if p.Error != "" {
		probability = "error"
	}
	_, err := fmt.Fprintf(w.out, "%5d  %-*s  %11s%s\n", p.Row, w.width, p.Class, probability, id(p.ID))
	return err
}

// labelText writes the labels that are true for people, - for none; id is how the cell that is kept
// follows them.
func (w *writer) labelText(p Prediction, id func(string) string) error {
	labels := cli.Clean(strings.Join(p.Labels, ", "))
	switch {
	case p.Error != "":
		labels = "error"
	case labels == "":
		labels = "-"
	}
	line := func(row, labels, id string) error {
		text := fmt.Sprintf("%5s  %-*s%s", row, w.width, labels, id)
		_, err := fmt.Fprintln(w.out, strings.TrimRight(text, " "))
		return err
	}
	if p.Row == 1 {
		if err := line("row", "labels", id(w.id)); err != nil {
			return err
		}
	}
	return line(strconv.Itoa(p.Row), labels, id(p.ID))
}

// cells writes a line of a table: the class and its probability, or the labels that are true with
// semicolons between them, and the probabilities of all.
func (w *writer) cells(p Prediction, probs []float32) error {
	line := func(row, id string, answer, all []string) error {
		cells := []string{row}
		if w.id != "" {
			cells = append(cells, id)
		}
		return w.csv.Write(append(append(cells, answer...), all...))
	}
	head, answer := []string{"class", "probability"}, []string{"", ""}
	switch {
	case w.thresholds != nil:
		head, answer = []string{"labels"}, []string{strings.Join(p.Labels, ";")}
	case probs != nil:
		answer = []string{p.Class, number(p.Probability)}
	}
	if p.Row == 1 {
		if err := line("row", w.id, head, w.classes); err != nil {
			return err
		}
	}
	all := make([]string, len(w.classes))
	for j, v := range probs {
		all[j] = number(v)
	}
	return line(strconv.Itoa(p.Row), p.ID, answer, all)
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
