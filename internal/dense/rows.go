package dense

import (
	"math"
	"reflect"

	"gorgonia.org/tensor"
)

type number interface {
	Float | int | int8 | int16 | int32 | int64 | uint | uint8 | uint16 | uint32 | uint64
}

// Last is the last axis of a tensor.
const Last = -1

// Rows returns the elements of d, of any number dtype, row by row as T, a row being what lies along
// the axis: the tensor's own memory when they lie there so, otherwise a copy in *buf. The rows
// stand in the order of the other axes, the last of them first. A scalar is one row of one element.
func Rows[T Float](d *tensor.Dense, axis int, buf *[]T) []T {
	size := d.Shape().TotalSize()
	if d.Dtype().Type == reflect.TypeFor[T]() && inOrder(d, axis) {
		return Memory[T](d)[:size]
	}
	out := Grow(buf, size)
	read(out, d, axis)
	return out
}

// Ints is [Rows] for a tensor whose dtype is an integer's. What is beyond an int becomes the
// nearest one.
func Ints(d *tensor.Dense, axis int, buf *[]int) []int {
	size := d.Shape().TotalSize()
	if d.Dtype() == tensor.Int && inOrder(d, axis) {
		return d.Ints()[:size]
	}
	out := Grow(buf, size)
	read(out, d, axis)
	return out
}

// inOrder reports whether the rows along the axis lie in memory one after the other.
func inOrder(d *tensor.Dense, axis int) bool {
	return (axis == Last || axis >= len(d.Shape())-1) && RowMajor(d)
}

// Bits returns the elements of d, whose dtype is an integer's, in row-major order: equal ones for
// equal numbers, however large.
func Bits(d *tensor.Dense) []uint64 {
	out := make([]uint64, d.Shape().TotalSize())
	read(out, d, Last)
	return out
}

// Store writes rows, which lie along the axis, to d, whose dtype is T's: what [Rows] would read.
func Store[T Float](d *tensor.Dense, axis int, rows []T) {
	data, i := Memory[T](d), 0
	eachRow(d, axis, func(offset, step, n int) {
		for range n {
			data[offset] = rows[i]
			offset += step
			i++
		}
	})
}

// Grow returns *buf with n elements, with memory made when there is too little.
func Grow[T any](buf *[]T, n int) []T {
	if cap(*buf) < n {
		*buf = make([]T, n)
	}
	*buf = (*buf)[:n]
	return *buf
}

// read copies the elements of d row by row to dst.
func read[T Float | int | uint64](dst []T, d *tensor.Dense, axis int) {
	switch d.Dtype().Kind() {
	case reflect.Float32:
		gather(dst, d, d.Float32s(), axis)
	case reflect.Float64:
		gather(dst, d, d.Float64s(), axis)
	case reflect.Int:
		gather(dst, d, d.Ints(), axis)
	case reflect.Int8:
		gather(dst, d, d.Int8s(), axis)
	case reflect.Int16:
		gather(dst, d, d.Int16s(), axis)
	case reflect.Int32:
		gather(dst, d, d.Int32s(), axis)
	case reflect.Int64:
		gather(dst, d, d.Int64s(), axis)
	case reflect.Uint:
		gather(dst, d, d.Uints(), axis)
	case reflect.Uint8:
		gather(dst, d, d.Uint8s(), axis)
	case reflect.Uint16:
		gather(dst, d, d.Uint16s(), axis)
	case reflect.Uint32:
		gather(dst, d, d.Uint32s(), axis)
	case reflect.Uint64:
		gather(dst, d, d.Uint64s(), axis)
	}
}

// gather copies the elements of d, whose memory is data, row by row to dst.
func gather[S number, T Float | int | uint64](dst []T, d *tensor.Dense, data []S, axis int) {
	if ints, ok := any(dst).([]int); ok {
		gatherInts(ints, d, data, axis)
		return
	}
	i := 0
	eachRow(d, axis, func(offset, step, n int) {
		for range n {
			dst[i] = T(data[offset])
			offset += step
			i++
		}
	})
}

func gatherInts[S number](dst []int, d *tensor.Dense, data []S, axis int) {
	i := 0
	eachRow(d, axis, func(offset, step, n int) {
		for range n {
			dst[i] = nearest(data[offset])
			offset += step
			i++
		}
	})
}

// nearest returns the int nearest to an integer.
func nearest[S number](x S) int {
	switch n := int(x); {
	case x > 0 && (n < 0 || S(n) != x):
		return math.MaxInt
	case x < 0 && (n > 0 || S(n) != x):
		return math.MinInt
	default:
		return n
	}
}

// eachRow calls f for every row along the axis with the place of its first element in memory, the
// step from one to the next, and how many there are.
func eachRow(d *tensor.Dense, axis int, f func(offset, step, n int)) {
	shape, strides := d.Shape(), d.Strides()
	if len(shape) == 0 {
		f(0, 0, 1)
		return
	}
	if shape.TotalSize() == 0 {
		return
	}
	if axis == Last {
		axis = len(shape) - 1
	}
	var few [8]int
	at := few[:] // where we are on every axis
	if len(shape) > len(few) {
		at = make([]int, len(shape))
	}
	for j := 0; j >= 0; {
		offset := 0
		for i := range shape {
			offset += at[i] * stride(strides, i)
		}
		f(offset, stride(strides, axis), shape[axis])
		for j = len(shape) - 1; j >= 0; j-- { // the next row, or none
			if j == axis {
				continue
			}
			if at[j]++; at[j] < shape[j] {
				break
			}
			at[j] = 0
		}
	}
}
