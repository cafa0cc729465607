package losses

import (
	"fmt"
	"reflect"
	"unsafe"

	"gorgonia.org/tensor"

	"softloss/losses/internal/kernel"
)

// Operand is what has a shape and a dtype: a tensor, or a node of a Gorgonia graph.
type Operand interface {
	Shape() tensor.Shape
	Dtype() tensor.Dtype
}

// denseOf returns t, which must be a dense tensor in this process's memory.
func denseOf(arg string, t tensor.Tensor) (*tensor.Dense, error) {
	d, ok := t.(*tensor.Dense)
	switch {
	case t == nil || ok && d == nil:
		return nil, argError(ErrNil, arg, "nil", "is no tensor", "a *tensor.Dense")
	case !ok:
		return nil, argError(ErrDtype, arg, fmt.Sprintf("%T", t), "is not dense", "a *tensor.Dense")
	case !d.IsNativelyAccessible():
		return nil, argError(ErrDtype, arg, "the tensor", "is not in main memory", "a tensor on the CPU")
	case len(d.Mask()) > 0:
		return nil, argError(ErrDtype, arg, "the tensor", "has a mask", "sample weights of 0 instead")
	}
	return d, nil
}

// missing reports whether o is nil or holds a nil pointer.
func missing(o Operand) bool {
	if o == nil {
		return true
	}
	v := reflect.ValueOf(o)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

// checkFloat wants one of the two dtypes of logits and labels.
func checkFloat(arg string, dt tensor.Dtype) error {
	if dt != tensor.Float32 && dt != tensor.Float64 {
		return argError(ErrDtype, arg, "dtype "+dt.String(), "is not supported", "float32 or float64")
	}
	return nil
}

// isIndex reports whether dt is a dtype of class indices.
func isIndex(dt tensor.Dtype) bool {
	return dt == tensor.Int || dt == tensor.Int32 || dt == tensor.Int64
}

// checkMatrix wants [N, K] with N, K >= 1.
func checkMatrix(arg string, s tensor.Shape) error {
	if len(s) != 2 {
		return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), fmt.Sprintf("has %d dimensions", len(s)), "2: [N, K]")
	}
	return checkFull(arg, s)
}

// checkFull wants no empty axis.
func checkFull(arg string, s tensor.Shape) error {
	for _, n := range s {
		if n < 1 {
			return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), "is empty", "at least one row and one class")
		}
	}
	return nil
}

// checkShape wants exactly the given shape: unlike tensor.Shape.Eq it tells (N) from (N, 1).
func checkShape(arg string, s tensor.Shape, want ...int) error {
	same := len(s) == len(want)
	for i := 0; same && i < len(s); i++ {
		same = s[i] == want[i]
	}
	if !same {
		return argError(ErrShape, arg, fmt.Sprintf("shape %v", s), "is wrong", fmt.Sprintf("shape %v", tensor.Shape(append([]int(nil), want...))))
	}
	return nil
}

// raw returns the memory of d, whose dtype must be T's.
func raw[T kernel.Float](d *tensor.Dense) []T {
	if d.Dtype() == tensor.Float32 {
		s := d.Float32s()
		return *(*[]T)(unsafe.Pointer(&s))
	}
	s := d.Float64s()
	return *(*[]T)(unsafe.Pointer(&s))
}

// contiguous reports whether the elements of d lie in memory in row-major order.
func contiguous(d *tensor.Dense) bool {
	shape, strides := d.Shape(), stridesOf(d)
	if len(strides) != len(shape) {
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

// stridesOf returns a stride for every axis of d, or something of another length when they cannot be told.
func stridesOf(d *tensor.Dense) []int {
	shape, strides := d.Shape(), d.Strides()
	switch {
	case len(shape) == 0:
		return nil
	case len(strides) == len(shape):
		return strides
	case shape.TotalSize() == 1:
		return make([]int, len(shape))
	case len(strides) == 1 && len(shape) == 2 && (shape[0] == 1 || shape[1] == 1):
		// Package tensor gives some vectors of two dimensions, (1, K) and (N, 1), one stride.
		return []int{strides[0], strides[0]}
	}
	return strides
}

// floats returns the elements of d row by row, a row being what lies along the axis: its own memory when
// they lie there in that order, otherwise a copy in *buf.
func floats[T kernel.Float](arg string, d *tensor.Dense, axis int, buf *[]T) ([]T, error) {
	data := raw[T](d)
	if axis == len(d.Shape())-1 && contiguous(d) || len(d.Shape()) == 0 {
		return data[:d.Shape().TotalSize()], nil
	}
	return gather(arg, d, data, axis, buf)
}

// number is what gather reads and writes.
type number interface {
	float32 | float64 | int | int32 | int64
}

// gather copies the elements of a view, row by row, to *buf.
func gather[S, T number](arg string, d *tensor.Dense, data []S, axis int, buf *[]T) ([]T, error) {
	shape, strides := d.Shape(), stridesOf(d)
	if len(strides) != len(shape) {
		return nil, unreadable(arg, d)
	}
	out := grow(buf, shape.TotalSize())
	at, i := make([]int, len(shape)), 0
	for i < len(out) {
		offset := 0
		for j, n := range at {
			offset += n * strides[j]
		}
		for range shape[axis] {
			if offset < 0 || offset >= len(data) {
				return nil, unreadable(arg, d)
			}
			out[i] = T(data[offset])
			offset += strides[axis]
			i++
		}
		// The next row, the last of the other axes first.
		for j := len(at) - 1; j >= 0; j-- {
			if j == axis {
				continue
			}
			if at[j]++; at[j] < shape[j] {
				break
			}
			at[j] = 0
		}
	}
	return out, nil
}

// scatter stores rows, which lie along the axis, in dst, a contiguous tensor of the shape.
func scatter[T any](dst, rows []T, shape tensor.Shape, axis int) {
	k, inner := shape[axis], 1
	for _, n := range shape[axis+1:] {
		inner *= n
	}
	for i := range len(rows) / k {
		outer, in := i/inner, i%inner
		for c, v := range rows[i*k : (i+1)*k] {
			dst[(outer*k+c)*inner+in] = v
		}
	}
}

func unreadable(arg string, d *tensor.Dense) error {
	return argError(ErrShape, arg, fmt.Sprintf("a view of shape %v with strides %v", d.Shape(), d.Strides()), "cannot be read", "a copy (Clone) of it")
}

// grow returns *buf with n elements, with room made if there is too little.
func grow[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// integers returns the class indices of d: its own memory, or a copy in *buf.
func integers(d *tensor.Dense, buf *[]int) ([]int, error) {
	axis := len(d.Shape()) - 1
	switch d.Dtype() {
	case tensor.Int32:
		return gather("index", d, d.Int32s(), axis, buf)
	case tensor.Int64:
		return gather("index", d, d.Int64s(), axis, buf)
	}
	if contiguous(d) {
		return d.Ints()[:d.Shape().TotalSize()], nil
	}
	return gather("index", d, d.Ints(), axis, buf)
}

// likeOf returns t, which must be dense, of the given dtype and shape.
func likeOf(arg string, t tensor.Tensor, dt tensor.Dtype, shape ...int) (*tensor.Dense, error) {
	d, err := denseOf(arg, t)
	if err != nil {
		return nil, err
	}
	if d.Dtype() != dt {
		return nil, argError(ErrDtype, arg, "dtype "+d.Dtype().String(), "is wrong", dt.String())
	}
	return d, checkShape(arg, d.Shape(), shape...)
}

// output checks a tensor that results are written to.
func output[T kernel.Float](arg string, d *tensor.Dense, dt tensor.Dtype, shape ...int) ([]T, error) {
	if _, err := likeOf(arg, d, dt, shape...); err != nil {
		return nil, err
	}
	if !contiguous(d) {
		return nil, argError(ErrShape, arg, "the tensor", "is a view with gaps", "contiguous row-major memory to write to")
	}
	size := 1
	for _, s := range shape {
		size *= s
	}
	return raw[T](d)[:size], nil
}

// newScalar returns a scalar tensor.
func newScalar(dt tensor.Dtype) *tensor.Dense {
	if dt == tensor.Float32 {
		return tensor.New(tensor.FromScalar(float32(0)))
	}
	return tensor.New(tensor.FromScalar(float64(0)))
}

// firstInvalid returns the position of the first label that is negative, NaN or infinite, or -1, -1.
func firstInvalid[T kernel.Float](t []T, k int) (row, col int) {
	for i, v := range t {
		if !(v >= 0) || v-v != 0 {
			return i / k, i % k
		}
	}
	return -1, -1
}

func labelError[T kernel.Float](row, col int, v T) error {
	problem := "is negative"
	if v != v {
		problem = "is not a number"
	} else if v > 0 {
		problem = "is infinite"
	}
	return cellError(ErrLabel, "labels", row, col, v, problem, "a finite number >= 0")
}

// overlap reports whether two slices share memory.
func overlap[T kernel.Float](a, b []T) bool {
	if len(a) == 0 || len(b) == 0 {
		return false
	}
	first := func(s []T) uintptr { return uintptr(unsafe.Pointer(&s[0])) }
	last := func(s []T) uintptr { return uintptr(unsafe.Pointer(&s[len(s)-1])) }
	return first(a) <= last(b) && first(b) <= last(a)
}
