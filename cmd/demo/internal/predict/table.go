package predict

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/internal/phrase"
	"softloss/train"
	"softloss/train/dataset"
)

const (
	rowsAtOnce  = 4096 // rows of a table that are read before they are predicted
	errorsShown = 20   // rows whose faults are said one by one
)

// hints are what to do about a cell, see [input.TableError].
var hints = map[string]string{
	"Decimal": "-decimal , reads such numbers",
	"Missing": "a model trained with -missing impute fills it in",
	"Unseen":  "-unseen zeros takes it for none of these",
}

// reading is a table of any length that is read a part at a time.
type reading struct {
	*dataset.FeatureReader
	name       string
	id         int // the column that is kept, -1 without one
	all, wrong int // rows so far, and those that cannot be read
	stderr     io.Writer
}

// table predicts the rows of a table of any length. A row that cannot be read keeps its place in
// the answer, without one, and is an error at the end.
func (o *Options) table(name string, saved *train.Saved, in io.Reader, out *writer, stderr io.Writer) error {
	if o.id != "" { // where columns go by their order it is none of the features
		o.csv.Drop = []string{o.id}
	}
	rows, err := saved.NewFeatureReader(in, o.csv)
	if err != nil {
		return o.tableError(name, saved, err)
	}
	t := reading{FeatureReader: rows, name: name, id: -1, stderr: stderr}
	if o.id != "" {
		if t.id, err = rows.Column(o.id); err != nil {
			return o.tableError(name, saved, err)
		}
	}
	for end := error(nil); end == nil; {
		var data []float64
		var origins []origin
		data, origins, end = t.part(saved.Model.Sizes()[0])
		probs := t.predict(saved, data, origins)
		if err := out.rows(probs, origins); err != nil {
			return err
		}
		if end != nil && end != io.EOF {
			return o.tableError(name, saved, end)
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	if t.wrong > 0 {
		return cli.Usagef("%s: %d of %s could not be read and have no prediction", name, t.wrong, phrase.Plural(t.all, "row"))
	}
	return nil
}

// part reads some rows, with the features of those that can be read, and what ends the table, nil
// before its end.
func (t *reading) part(features int) (data []float64, origins []origin, end error) {
	row := make([]float64, features)
	for len(origins) < rowsAtOnce {
		err := t.Next(row)
		if err != nil && !errors.Is(err, dataset.ErrCell) {
			return data, origins, err
		}
		now := origin{id: t.Cell(t.id)}
		if t.all++; err == nil {
			data = append(data, row...)
		} else {
			now.fault = input.TableError(t.name, err, hints)
			t.report(now.fault)
		}
		origins = append(origins, now)
	}
	return data, origins, nil
}

// report says what is wrong with a row.
func (t *reading) report(fault string) {
	if t.wrong++; t.wrong <= errorsShown {
		fmt.Fprintln(t.stderr, cli.Clean("demo: "+t.name+": "+fault))
	}
}

// tooLarge says of a row that a sum, or a scaled number, has left float32.
const tooLarge = "its numbers are too large for the model"

// predict returns the probabilities of the rows that have some, of which data are the features, and
// finds fault with the others.
func (t *reading) predict(saved *train.Saved, data []float64, origins []origin) (probs []float32) {
	sizes := saved.Model.Sizes()
	features, classes := sizes[0], sizes[len(sizes)-1]
	all, err := predictRows(saved, data, features)
	row := t.all - len(origins)
	for i := range origins {
		row++
		if origins[i].fault != "" {
			continue
		}
		var p []float32
		if err == nil {
			p, all = all[:classes], all[classes:]
		} else { // of one row or more
			p, _ = predictRows(saved, data[:features], features)
			data = data[features:]
		}
		if p == nil || slices.ContainsFunc(p, isNaN) {
			origins[i].fault = fmt.Sprintf("row %d: %s", row, tooLarge)
			t.report(origins[i].fault)
			continue
		}
		probs = append(probs, p...)
	}
	return probs
}

func isNaN(p float32) bool { return p != p }

// predictRows returns the probabilities of rows of features, which may be none.
func predictRows(saved *train.Saved, data []float64, features int) ([]float32, error) {
	if len(data) == 0 {
		return nil, nil
	}
	probs, err := saved.Predict(tensor.New(tensor.WithShape(len(data)/features, features), tensor.WithBacking(data)))
	if err != nil {
		return nil, err
	}
	return probs.Float32s(), nil
}

// tableError is what is wrong with a table as a whole.
func (o *Options) tableError(name string, saved *train.Saved, err error) error {
	var column *dataset.ColumnError
	switch {
	case errors.As(err, &column):
		return input.NoColumn("id", name, column)
	case errors.Is(err, dataset.ErrHeader):
		return cli.Usagef("%s", input.TableError(name, err, nil))
	case !errors.Is(err, dataset.ErrColumn):
		return cli.Usagef("%s: %s", name, input.TableError(name, err, hints))
	}
	text := fmt.Sprintf("%s: %s; the model is %s", name, cli.Plain(err), o.model)
	if saved.ClassNames != nil {
		text += ", which tells apart " + phrase.List(saved.ClassNames)
	}
	return cli.Usagef("%s", text)
}
