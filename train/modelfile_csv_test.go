package train_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"

	"softloss/train"
	"softloss/train/dataset"
)

// tinyModel is a model of two features, of one column of numbers and one of text, that tells them
// apart.
func tinyModel(t testing.TB) *train.Saved {
	t.Helper()
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.WithShape(3, 2), tensor.WithBacking([]float32{1, -1, 5, -5, -5, 5})),
		Bias:    tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{0, 0})),
	}})
	require.NoError(t, err)
	return &train.Saved{Model: model, FeatureNames: []string{"width", "colour=blue", "colour=red"},
		ClassNames: []string{"plate", "disc"}}
}

// readRows reads all rows of a table.
func readRows(saved *train.Saved, text string) (*tensor.Dense, error) {
	rows, err := saved.NewFeatureReader(strings.NewReader(text), dataset.CSVOptions{})
	if err != nil {
		return nil, err
	}
	return rows.ReadAll()
}

func TestSavedReadsTables(t *testing.T) {
	saved := tinyModel(t)
	features, err := readRows(saved, "colour,width\nred,2\n")
	require.NoError(t, err)
	require.Equal(t, []float64{2, 0, 1}, features.Float64s())
	saved.Fill = []float64{3, 1, 0}
	gaps, err := readRows(saved, "width,colour\n,red\n3,?\n3,blue\n")
	require.NoError(t, err)
	full, err := readRows(saved, "width,colour\n3,red\n3,blue\n3,blue\n")
	require.NoError(t, err)
	got, err := saved.Predict(gaps)
	require.NoError(t, err)
	want, err := saved.Predict(full)
	require.NoError(t, err)
	require.Equal(t, want.Float32s(), got.Float32s(), "what is missing is filled in")
	saved.Fill = nil

	_, err = readRows(saved, "colour,width\nred,x\n")
	require.EqualError(t, err, `dataset: line 2 column 2 ("width"): got "x", want a number`)
	require.ErrorIs(t, err, dataset.ErrCell)
	_, err = (&train.Saved{}).NewFeatureReader(strings.NewReader("1"), dataset.CSVOptions{})
	require.ErrorIs(t, err, train.ErrEmpty)

	rows, err := saved.NewFeatureReader(strings.NewReader("colour,width\nblue,2\n"), dataset.CSVOptions{})
	require.NoError(t, err)
	row := make([]float64, 3)
	require.NoError(t, rows.Next(row))
	require.Equal(t, []float64{2, 1, 0}, row)
	require.ErrorIs(t, rows.Next(row), io.EOF)

	path := filepath.Join(t.TempDir(), "new.csv")
	_, err = saved.ReadCSVFile(path, dataset.CSVOptions{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(path, []byte("width\n1\n"), 0o600))
	_, err = saved.ReadCSVFile(path, dataset.CSVOptions{})
	require.EqualError(t, err, "dataset: "+path+`: columns are missing that the model needs: "colour"; the file has `+
		`"width"`)
	require.ErrorIs(t, err, dataset.ErrColumn)
	_, err = (&train.Saved{}).ReadCSVFile(path, dataset.CSVOptions{})
	require.EqualError(t, err, "train: model: has no layers, want one made by Fit or NewModel")
}

// What a saved model makes of the rows of a CSV file; the class, which is there too, is not looked
// at.
func ExampleSaved_ReadCSVFile() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path, table := filepath.Join(dir, "flowers.safetensors"), filepath.Join(dir, "new.csv")
	if err := os.WriteFile(table, []byte("kind,length,width\n?,1.5,0.5\n?,5,2\n"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	if err := flowers().Save(path); err != nil {
		fmt.Println(err)
		return
	}

	saved, err := train.Load(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	features, err := saved.ReadCSVFile(table, dataset.CSVOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	probs, err := saved.Predict(features)
	fmt.Printf("%v %.2f %v\n", saved.ClassNames, probs.Data(), err)
	// Output: [setosa virginica] [0.88 0.12 0.00 1.00] <nil>
}

// flowers is a model that was trained elsewhere.
func flowers() *train.Saved {
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float32{-1, 1, -1, 1})),
		Bias:    tensor.New(tensor.WithShape(2), tensor.WithBacking([]float32{3, -3})),
	}})
	if err != nil {
		panic(err)
	}
	return &train.Saved{Model: model, FeatureNames: []string{"width", "length"},
		ClassNames: []string{"setosa", "virginica"}}
}
