package dataset

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

func TestMatrixFollowsStrides(t *testing.T) {
	base := tensorOf[float32](2, 1, 2, 3, 4, 5, 6)
	tests := []struct {
		name string
		in   *tensor.Dense
		want [][]float32
	}{
		{"row-major", base, [][]float32{{1, 2, 3}, {4, 5, 6}}},
		{"transpose", transposed(t, base), [][]float32{{1, 4}, {2, 5}, {3, 6}}},
		{"columns", columnsOf(t, base, 1, 3), [][]float32{{2, 3}, {5, 6}}},
		{"one element", tensorOf[float32](1, 7), [][]float32{{7}}},
		{"one row", tensorOf[float32](1, 7, 8), [][]float32{{7, 8}}},
		{"one column", tensorOf[float32](2, 7, 8), [][]float32{{7}, {8}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			m, err := matrixOf[float32]("x", test.in)
			require.NoError(t, err)
			require.Equal(t, len(test.want), m.n)
			for i, row := range test.want {
				assert.Equal(t, row, m.row(i))
			}
		})
	}
}

func TestMatrixRefuses(t *testing.T) {
	for _, test := range []struct {
		in   *tensor.Dense
		kind error
		text string
	}{
		{nil, ErrShape, "dataset: x: got nil, which is no tensor"},
		{&tensor.Dense{}, ErrShape, "holds nothing"},
		{tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{1, 2, 3})), ErrShape,
			"got shape (3), want 2 dimensions"},
		{tensor.New(tensor.FromScalar(float32(1))), ErrShape, "want 2 dimensions"},
		{tensorOf(1, 1.5), ErrDtype, "got dtype float64, want float32"},
	} {
		_, err := matrixOf[float32]("x", test.in)
		checkError(t, err, test.kind, test.text)
	}
	_, err := numbersOf[float64]("x", tensor.New(tensor.WithShape(1, 1), tensor.WithBacking([]bool{true})))
	checkError(t, err, ErrDtype, "bool")
}

func TestNewMatrixLimits(t *testing.T) {
	for _, side := range [][2]int{{0, 1}, {1, 0}, {1 << 16, 1 << 15}, {math.MaxInt, 2}, {2, math.MaxInt},
		{math.MaxInt, math.MaxInt}} {
		_, _, err := newMatrix[float32]("x", side[0], side[1])
		checkError(t, err, ErrShape)
	}
}
