package train

import (
	"math"

	"gonum.org/v1/gonum/blas/blas32"
	"gorgonia.org/tensor"
)

// rowMajor reports whether the elements of d lie in memory row by row, without gaps.
func rowMajor(d *tensor.Dense) bool {
	shape, strides := d.Shape(), d.Strides()
	if len(shape) != len(strides) {
		return false
	}
	step := 1
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] != 1 && strides[i] != step {
			return false
		}
		step *= shape[i]
	}
	return true
}

// general returns a row-major float32 tensor [n, k], or [k] as [1, k], for BLAS.
func general(d *tensor.Dense) blas32.General {
	shape := d.Shape()
	rows, cols := 1, shape[len(shape)-1]
	if len(shape) == 2 {
		rows = shape[0]
	}
	return blas32.General{Rows: rows, Cols: cols, Stride: cols, Data: d.Float32s()[:rows*cols]}
}

// table reads a tensor [n, k] of float32 or float64, a view or transposed too.
type table struct {
	arg    string
	n, k   int
	s0, s1 int // strides
	f32    []float32
	f64    []float64
}

// tableOf returns t as a table: [ErrEmpty], [ErrMismatch] or [ErrDtype] when it is none.
func tableOf(arg string, t *tensor.Dense) (table, error) {
	if t == nil {
		return table{}, fail(ErrEmpty, "%s: got a nil tensor, want one with 2 dimensions", arg)
	}
	shape, strides := t.Shape(), t.Strides()
	if len(shape) != 2 || len(strides) != 2 {
		return table{}, fail(ErrMismatch, "%s: got shape %v, want 2 dimensions", arg, shape)
	}
	if shape[0] < 1 || shape[1] < 1 {
		return table{}, fail(ErrEmpty, "%s: got shape %v, want at least one row and one column", arg, shape)
	}
	v := table{arg: arg, n: shape[0], k: shape[1], s0: strides[0], s1: strides[1]}
	size := 0
	switch data := t.Data().(type) {
	case []float32:
		v.f32, size = data, len(data)
	case []float64:
		v.f64, size = data, len(data)
	default:
		return table{}, fail(ErrDtype, "%s: got dtype %v, want float32 or float64", arg, t.Dtype())
	}
	if last := (v.n-1)*v.s0 + (v.k-1)*v.s1; v.s0 < 0 || v.s1 < 0 || last >= size {
		return table{}, fail(ErrMismatch, "%s: got %d elements, want more than %d for shape %v", arg, size, last, shape)
	}
	return v, nil
}

// at returns the element of row i and column j.
func (t table) at(i, j int) float64 {
	if t.f32 != nil {
		return float64(t.f32[i*t.s0+j*t.s1])
	}
	return t.f64[i*t.s0+j*t.s1]
}

// check wants lo <= x <= hi of every element; a NaN is never wanted.
func (t table) check(lo, hi float64, want string) error {
	for i := range t.n {
		for j := range t.k {
			if v := t.at(i, j); !(v >= lo && v <= hi) {
				return fail(ErrValue, "%s: row %d column %d: got %v, want %s", t.arg, i, j, v, want)
			}
		}
	}
	return nil
}

// argmax returns the column of the largest entry of row i, ties to the lowest column.
func (t table) argmax(i int) int {
	best := 0
	for j := 1; j < t.k; j++ {
		if t.at(i, j) > t.at(i, best) {
			best = j
		}
	}
	return best
}

// infinity and unit name the ranges that check is asked for.
var infinity = math.Inf(1)

// predictionTables returns probs and labels as tables of one shape without NaN.
func predictionTables(probs, labels *tensor.Dense, isProbs bool) (p, t table, err error) {
	if p, err = tableOf("probs", probs); err != nil {
		return p, t, err
	}
	if t, err = tableOf("labels", labels); err != nil {
		return p, t, err
	}
	if p.n != t.n || p.k != t.k {
		return p, t, fail(ErrMismatch, "labels: got shape (%d, %d), want (%d, %d) as probs", t.n, t.k, p.n, p.k)
	}
	if isProbs {
		err = p.check(0, 1, "a probability in [0, 1]")
	} else {
		err = p.check(-infinity, infinity, "a number")
	}
	if err != nil {
		return p, t, err
	}
	return p, t, t.check(0, math.MaxFloat64, "a finite number >= 0")
}
