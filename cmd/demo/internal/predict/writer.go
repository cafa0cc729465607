package predict

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/dense"
	"softloss/train"
)

// Prediction is a row of the answer.
type Prediction struct {
	Row           int                `json:"row"` // counted from 1
	Class         string             `json:"class"`
	Probability   float32            `json:"probability"`
	Probabilities map[string]float32 `json:"probabilities"`
}

// writer writes predictions in one of the formats.
type writer struct {
	out     *bufio.Writer
	format  string
	classes []string
	width   int // of the column of classes
	row     int // the last one
	csv     *csv.Writer
}

func newWriter(format string, saved *train.Saved, out io.Writer) *writer {
	w := &writer{out: bufio.NewWriter(out), format: format, width: len("class")}
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

// rows writes the predictions of some rows at once.
func (w *writer) rows(probs *tensor.Dense) error {
	k := len(w.classes)
	all := probs.Float32s()
	for ; len(all) > 0; all = all[k:] {
		if err := w.predicted(all[:k]); err != nil {
			return err
		}
	}
	w.csv.Flush()
	if err := w.csv.Error(); err != nil {
		return err
	}
	return w.out.Flush()
}

// predicted writes the prediction of a row.
func (w *writer) predicted(probs []float32) error {
	first := w.row == 0
	w.row++
	top := dense.Argmax(probs)
	switch w.format {
	case "text":
		if first {
			fmt.Fprintf(w.out, "%5s  %-*s  %s\n", "row", w.width, "class", "probability")
		}
		_, err := fmt.Fprintf(w.out, "%5d  %-*s  %11s\n", w.row, w.width, w.classes[top],
			record.Percent(record.Float(probs[top])))
		return err
	case "csv":
		if first {
			if err := w.csv.Write(append([]string{"row", "class", "probability"}, w.classes...)); err != nil {
				return err
			}
		}
		cells := []string{strconv.Itoa(w.row), w.classes[top], number(probs[top])}
		for _, p := range probs {
			cells = append(cells, number(p))
		}
		return w.csv.Write(cells)
	}
	p := Prediction{Row: w.row, Class: w.classes[top], Probability: probs[top], Probabilities: map[string]float32{}}
	for j, v := range probs {
		p.Probabilities[w.classes[j]] = v
	}
	if w.format == "jsonl" {
		return w.json(p, "", "")
	}
	between := ",\n  "
	if first {
		between = "[\n  "
	}
	if _, err := w.out.WriteString(between); err != nil {
		return err
	}
	return w.json(p, "  ", "  ")
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
