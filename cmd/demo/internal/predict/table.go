package predict

import (
	"errors"
	"fmt"
	"io"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/train"
	"softloss/train/dataset"
)

const (
	rowsAtOnce  = 4096 // rows of a table that are read before they are predicted
	errorsShown = 20   // rows whose faults are said one by one
)

// origin is what is known of a row beside its features.
type origin struct {
	id    string
	fault string // why it cannot be read; "" when it can
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
	id := -1
	if o.id != "" {
		if id, err = rows.Column(o.id); err != nil {
			return o.tableError(name, saved, err)
		}
	}
	all, wrong := 0, 0
	for ended := false; !ended; {
		var data []float64
		var origins []origin
		row := make([]float64, saved.Model.Sizes()[0])
		for len(origins) < rowsAtOnce {
			err := rows.Next(row)
			if ended = err == io.EOF; ended {
				break
			}
			now := origin{id: rows.Cell(id)}
			if errors.Is(err, dataset.ErrCell) {
				now.fault = input.TableError(name, err, hints)
				if wrong++; wrong <= errorsShown {
					fmt.Fprintln(stderr, cli.Clean("demo: "+name+": "+now.fault))
				}
			} else if err != nil {
				return o.tableError(name, saved, err)
			} else {
				data = append(data, row...)
			}
			origins = append(origins, now)
		}
		all += len(origins)
		probs, err := predictRows(saved, data, len(row))
		if err != nil {
			return cli.Usagef("%s: %s", name, cli.Plain(err))
		}
		if err := out.rows(probs, origins); err != nil {
			return err
		}
	}
	if err := out.end(); err != nil {
		return err
	}
	if wrong > 0 {
		return cli.Usagef("%s: %d of %s could not be read and have no prediction", name, wrong, cli.Count(all, "row"))
	}
	return nil
}

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
		text += ", which tells apart " + quoted(saved.ClassNames)
	}
	return cli.Usagef("%s", text)
}
