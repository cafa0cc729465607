package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

func TestViewFollowsStrides(t *testing.T) {
	base := dense[float32](2, 1, 2, 3, 4, 5, 6)
	tests := []struct {
		name string
		in   *tensor.Dense
		want [][]float32
	}{
		{"row-major", base, [][]float32{{1, 2, 3}, {4, 5, 6}}},
		{"transpose", transposed(t, base), [][]float32{{1, 4}, {2, 5}, {3, 6}}},
		{"columns", columnsOf(t, base, 1, 3), [][]float32{{2, 3}, {5, 6}}},
		{"one element", dense[float32](1, 7), [][]float32{{7}}},
		{"one row", dense[float32](1, 7, 8), [][]float32{{7, 8}}},
		{"one column", dense[float32](2, 7, 8), [][]float32{{7}, {8}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := view[float32]("x", test.in)
			require.NoError(t, err)
			require.Equal(t, len(test.want), m.n)
			for i, row := range test.want {
				assert.Equal(t, row, m.row(i, m.buffer()))
			}
		})
	}
}

func TestViewRefuses(t *testing.T) {
	for _, test := range []struct {
		in   *tensor.Dense
		kind error
		text string
	}{
		{nil, ErrShape, "dataset: x: got a nil tensor, want one with 2 dimensions"},
		{&tensor.Dense{}, ErrShape, "want 2 dimensions"},
		{tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{1, 2, 3})), ErrShape, "got shape (3), want 2 dimensions"},
		{tensor.New(tensor.FromScalar(float32(1))), ErrShape, "want 2 dimensions"},
		{dense(1, 1.5), ErrDtype, "got dtype float64, want float32"},
	} {
		_, err := view[float32]("x", test.in)
		checkError(t, err, test.kind, test.text)
	}
	_, err := viewFloat64("x", nil)
	checkError(t, err, ErrShape)
	_, err = viewFloat64("x", tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]uint8{1})))
	checkError(t, err, ErrDtype, "uint8")
}

func TestNewMatrixLimits(t *testing.T) {
	for _, side := range [][2]int{{0, 1}, {1, 0}, {1 << 16, 1 << 15}, {math.MaxInt, 2}, {2, math.MaxInt}, {math.MaxInt, math.MaxInt}} {
		_, _, err := newMatrix("x", side[0], side[1])
		checkError(t, err, ErrShape)
	}
}

func TestArgmax(t *testing.T) {
	nan := math.NaN()
	for _, test := range []struct {
		row  []float64
		want int
	}{
		{[]float64{1}, 0},
		{[]float64{1, 3, 2}, 1},
		{[]float64{2, 3, 3}, 1},
		{[]float64{0, 0}, 0},
		{[]float64{nan, 1, 2}, 2},
		{[]float64{1, nan, 0}, 0},
		{[]float64{nan, nan}, 0},
		{[]float64{math.Inf(-1), -5}, 1},
	} {
		assert.Equal(t, test.want, argmax(test.row), "%v", test.row)
	}
}
