package dataset

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// tensorOf returns a row-major [n, len(data)/n] tensor.
func tensorOf[T any](n int, data ...T) *tensor.Dense {
	return tensor.New(tensor.WithShape(n, len(data)/n), tensor.WithBacking(data))
}

// transposed returns the transpose of t as a lazily strided tensor.
func transposed(t testing.TB, d *tensor.Dense) *tensor.Dense {
	t.Helper()
	out := d.Clone().(*tensor.Dense)
	require.NoError(t, out.T())
	return out
}

// columnsOf returns columns from..to of t as a view.
func columnsOf(t testing.TB, d *tensor.Dense, from, to int) *tensor.Dense {
	t.Helper()
	v, err := d.Slice(nil, tensor.S(from, to))
	require.NoError(t, err)
	return v.(*tensor.Dense)
}

// f32 returns the elements of a row-major tensor, as float32.
func f32(t testing.TB, d *tensor.Dense) []float32 {
	t.Helper()
	require.NotNil(t, d)
	doubles, ok := d.Data().([]float64)
	if !ok {
		return d.Data().([]float32)
	}
	out := make([]float32, len(doubles))
	for i, v := range doubles {
		out[i] = float32(v)
	}
	return out
}

// sample is a small dataset with 2 features and 3 classes.
func sample() *Dataset {
	return &Dataset{
		Features:     tensorOf[float32](4, 0, 1, 2, 3, 4, 5, 6, 7),
		Labels:       tensorOf[float32](4, 1, 0, 0, .25, .5, .25, 0, .5, .5, 0, 0, 1),
		Counts:       []float64{1, 4, 2, 9},
		FeatureNames: []string{"a", "b"},
		ClassNames:   []string{"x", "y", "z"},
	}
}

// balanced is a dataset whose feature is the row and whose class counts are given.
func balanced(t testing.TB, counts ...int) *Dataset {
	t.Helper()
	var index []int
	var rows []float32
	for c, n := range counts {
		for range n {
			rows = append(rows, float32(len(index)))
			index = append(index, c)
		}
	}
	labels, err := oneHot(index, len(counts))
	require.NoError(t, err)
	return &Dataset{Features: tensorOf(len(rows), rows...), Labels: labels}
}

// checkError asserts what every error of this package has in common.
func checkError(t testing.TB, err error, kind error, texts ...string) {
	t.Helper()
	require.Error(t, err)
	assert.ErrorIs(t, err, kind)
	assert.True(t, strings.HasPrefix(err.Error(), "dataset: "), err.Error())
	assert.Equal(t, 1, strings.Count(err.Error(), "dataset: "), err.Error())
	assert.NotContains(t, err.Error(), "\n")
	for _, text := range texts {
		assert.Contains(t, err.Error(), text)
	}
}

// checkRowError asserts where a *RowError points.
func checkRowError(t testing.TB, err error, arg string, row, column int) {
	t.Helper()
	checkError(t, err, ErrRow)
	var e *RowError
	require.True(t, errors.As(err, &e), "%v", err)
	assert.Equal(t, arg, e.Arg)
	assert.Equal(t, []int{row, column}, []int{e.Row, e.Column}, err.Error())
}
