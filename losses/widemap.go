package losses

import (
	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// wideMap is a RowMap that is computed in float64.
type wideMap struct {
	key, arg string // its Key, and what errors call its argument
	reduces  bool   // the result has a number a row, and not the shape of the argument
	// The functions store in dst what Apply, Along and GradAlong return for a row x. They may write
	// to all their arguments; memory is 2K numbers.
	apply     func(dst, x, memory []float64)
	along     func(dst, x, v, memory []float64) // Grad as well: the Jacobian is symmetric
	gradAlong func(dst, x, u, v, memory []float64)
}

// Key implements RowMap.
func (m wideMap) Key() string { return m.key }

// Check implements RowMap.
func (m wideMap) Check(x Operand) error { return checkRows(m.arg, x) }

// Shape implements RowMap.
func (m wideMap) Shape(s tensor.Shape) tensor.Shape { return m.part(s).Clone() }

// part returns the part of s that is the shape of the result.
func (m *wideMap) part(s tensor.Shape) tensor.Shape {
	if m.reduces {
		return s[:len(s)-1]
	}
	return s
}

// Linear implements RowMap.
func (m wideMap) Linear() bool { return false }

// Apply implements RowMap.
func (m wideMap) Apply(x tensor.Tensor) (*tensor.Dense, error) {
	return m.rows(m.Shape, func(dst []float64, in [][]float64, memory []float64) {
		m.apply(dst, in[0], memory)
	}, argument{m.arg, x})
}

// Grad implements RowMap.
func (m wideMap) Grad(x, upstream tensor.Tensor) (*tensor.Dense, error) {
	return m.product(x, argument{"upstream", upstream})
}

// Along implements RowMap.
func (m wideMap) Along(x, v tensor.Tensor) (*tensor.Dense, error) {
	return m.product(x, argument{"direction", v})
}

// product returns the product of the Jacobian with v.
func (m wideMap) product(x tensor.Tensor, v argument) (*tensor.Dense, error) {
	return m.rows(m.Shape, func(dst []float64, in [][]float64, memory []float64) {
		m.along(dst, in[0], in[1], memory)
	}, argument{m.arg, x}, v)
}

// GradAlong implements RowMap.
func (m wideMap) GradAlong(x, upstream, v tensor.Tensor) (*tensor.Dense, error) {
	return m.rows(tensor.Shape.Clone, func(dst []float64, in [][]float64, memory []float64) {
		m.gradAlong(dst, in[0], in[1], in[2], memory)
	}, argument{m.arg, x}, argument{"upstream", upstream}, argument{"direction", v})
}

// rows returns, in a new tensor of the shape that shape makes of the first argument's, what f makes
// of the rows of the arguments.
func (m wideMap) rows(shape func(tensor.Shape) tensor.Shape,
	f func(dst []float64, in [][]float64, memory []float64), args ...argument) (*tensor.Dense, error) {
	in, err := rowsOf(m, args...)
	if err != nil {
		return nil, err
	}
	_, k := extent(in[0])
	memory := make([]float64, 2*k)
	out := dense.New(in[0].Dtype(), shape(in[0].Shape())...)
	mapWide(out, func(dst []float64, in [][]float64) { f(dst, in, memory) }, in...)
	return out, nil
}

// mapWide stores in out, a new tensor, what f makes, in float64, of copies of the rows of the
// inputs, the first of which tells how many rows there are.
func mapWide(out *tensor.Dense, f func(dst []float64, in [][]float64), in ...*tensor.Dense) {
	n, _ := extent(in[0])
	all, row, dst := make([][]float64, len(in)), make([][]float64, len(in)), make([]float64, width(out, n))
	for i, d := range in {
		var buf []float64
		all[i] = dense.Rows(d, dense.Last, &buf)
		row[i] = make([]float64, width(d, n))
	}
	for i := range n {
		for j, r := range row {
			copy(r, all[j][i*len(r):])
		}
		f(dst, row)
		store(out, i*len(dst), dst)
	}
}
