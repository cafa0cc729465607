package predict

import (
	"bufio"
	"bytes"
	"cmp"
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

// origin is what is known of a row beside its features.
type origin struct {
	id    string
	fault string // why it cannot be read; "" when it can
}

// writer writes predictions in one of the formats.
type writer struct {
	out     *bufio.Writer
	format  string
	id      string // name of the column that is kept; "" for none
	classes []string
	head    []string // of the answer
	width   int      // of its first column
	row     int      // the last one
	csv     *csv.Writer

	thresholds []float64 // of several labels; nil for classes
	saved      *train.Saved
}

func newWriter(format, id string, saved *train.Saved, out io.Writer) *writer {
	w := &writer{out: bufio.NewWriter(out), format: format, id: id, saved: saved,
		head: []string{"class", "probability"}, width: len("class")}
	if format == "text" {
		w.out = bufio.NewWriter(cli.CleanWriter{Writer: out})
	}
	w.csv = csv.NewWriter(w.out)
	sizes := saved.Model.Sizes()
	for k := range sizes[len(sizes)-1] {
		w.classes = append(w.classes, record.ClassName(saved.ClassNames, k))
		w.width = max(w.width, utf8.RuneCountInString(cli.OneLine(w.classes[k])))
	}
	if saved.Model.Criterion().Link == losses.SigmoidLink {
		w.thresholds = record.Thresholds(saved.Thresholds, len(w.classes))
		w.head = []string{"labels"}
		w.width = max(len("labels"), utf8.RuneCountInString(cli.OneLine(strings.Join(w.classes, ", "))))
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

// text writes a line for people: the class and its probability, or the labels that are true, - for
// none.
func (w *writer) text(p Prediction) error {
	if t := w.saved.Thresholds; p.Row == 1 && t != nil && w.thresholds == nil {
		said := dense.Argmax(t)
		fmt.Fprintf(w.out, "%s is said from %s on, as the model was saved\n", cli.OneLine(w.classes[said]),
			record.Percent(record.Float(t[said])))
	}
	if p.Row == 1 {
		w.line("row", w.head, w.id)
	}
	answer := []string{p.Class, record.Percent(record.Float(p.Probability))}
	if w.thresholds != nil {
		answer = []string{cmp.Or(strings.Join(p.Labels, ", "), "-")}
	}
	if p.Error != "" {
		answer[len(answer)-1] = "error"
	}
	return w.line(strconv.Itoa(p.Row), answer, p.ID)
}

// line writes what stands in a line for people.
func (w *writer) line(row string, answer []string, id string) error {
	text := fmt.Sprintf("%5s  %-*s", row, w.width, cli.OneLine(answer[0]))
	if len(answer) > 1 {
		text += fmt.Sprintf("  %11s", answer[1])
	}
	if w.id != "" {
		text += "  " + cli.OneLine(id)
	}
	_, err := fmt.Fprintln(w.out, strings.TrimRight(text, " "))
	return err
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
	if p.Row == 1 {
		if err := line("row", w.id, w.head, w.classes); err != nil {
			return err
		}
	}
	answer := make([]string, len(w.head))
	if answer[0] = p.Class; w.thresholds != nil {
		answer[0] = strings.Join(p.Labels, ";")
	} else if probs != nil {
		answer[1] = number(p.Probability)
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
