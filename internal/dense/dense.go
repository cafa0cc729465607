// Package dense reads and writes the numbers of a *tensor.Dense however they lie in memory: row by
// row or column by column, transposed, sliced with or without steps, of shape (1, K) or (N, 1) with
// the one stride that package tensor gives some of these.
//
// [Of] checks a tensor once; what it accepts the other functions read and write without an error.
package dense

import (
	"fmt"
	"math"
	"math/bits"
	"reflect"
	"slices"
	"unsafe"

	"gorgonia.org/tensor"

	"softloss/internal/phrase"
)

// Float is an element type of logits, labels and features.
type Float interface{ float32 | float64 }

// Of returns t, which must be a dense tensor of numbers whose elements all lie in this process's
// memory. An empty tensor is one. The error is an [*Error].
func Of(t tensor.Tensor) (*tensor.Dense, error) {
	d, ok := t.(*tensor.Dense)
	switch {
	case ok && d != nil && plain(d):
		return d, nil
	case t == nil || ok && d == nil:
		return nil, &Error{Kind: Missing, Got: "nil", Problem: "is no tensor", Want: "a *tensor.Dense"}
	case !ok:
		return nil, &Error{Kind: Type, Got: fmt.Sprintf("%T", t), Problem: "is not dense", Want: "a *tensor.Dense"}
	case d.Dtype().Type == nil:
		return nil, &Error{Kind: Missing, Got: "a tensor without a dtype", Problem: "holds nothing",
			Want: "one that tensor.New made"}
	case !d.IsNativelyAccessible():
		return nil, &Error{Kind: Type, Got: "the tensor", Problem: "is not in main memory", Want: "a tensor on the CPU"}
	case len(d.Mask()) > 0:
		return nil, &Error{Kind: Type, Got: "the tensor", Problem: "has a mask", Want: "sample weights of 0 instead"}
	case !isFloat(d.Dtype()) && !IsInteger(d.Dtype()):
		return nil, &Error{Kind: Type, Got: "dtype " + d.Dtype().String(), Problem: "is not supported", Want: "numbers"}
	case !inMemory(d):
		got := fmt.Sprintf("a tensor of shape %v with strides %v and %s", d.Shape(), d.Strides(),
			phrase.Plural(length(d), "element"))
		return nil, &Error{Kind: Layout, Got: got, Problem: "does not fit its memory",
			Want: "one with an element for every place of its shape"}
	case strideLost(d):
		return nil, &Error{Kind: Layout, Got: "a vector transposed after slicing with a step",
			Problem: "has lost the step in package tensor",
			Want:    "a copy (Materialize or Clone) made before the transpose"}
	}
	return d, nil
}

// plain reports whether d is what most tensors are and Of accepts: row-major numbers in main memory
// that fill it.
func plain(d *tensor.Dense) bool {
	dt := d.Dtype()
	n, ok := rowMajor(d.Shape(), d.Strides())
	return ok && (isFloat(dt) || IsInteger(dt)) && fill(d, n, sizeOf(dt))
}

// fill reports whether n elements of so many bytes each are all that d holds, in main memory, and
// none is masked.
func fill(d *tensor.Dense, n, bytes int) bool {
	return n <= len(d.Raw) && n*bytes == len(d.Raw) && d.IsNativelyAccessible() && len(d.Mask()) == 0
}

// IsInteger reports whether dt is a Go integer type.
func IsInteger(dt tensor.Dtype) bool {
	return dt.Type != nil && reflect.Int <= dt.Kind() && dt.Kind() <= reflect.Uint64
}

// sizeOf returns how many bytes an element takes.
func sizeOf(dt tensor.Dtype) int {
	switch dt {
	case tensor.Float32:
		return 4
	case tensor.Float64:
		return 8
	}
	return int(dt.Size())
}

func isFloat(dt tensor.Dtype) bool { return dt == tensor.Float32 || dt == tensor.Float64 }

// RowMajor reports whether the elements of d lie in memory in row-major order, without gaps.
func RowMajor(d *tensor.Dense) bool {
	_, ok := rowMajor(d.Shape(), d.Strides())
	return ok
}

// rowMajor is RowMajor, and returns how many elements they are, where it is so. No tensor has more
// than an int can count, whatever its shape says.
func rowMajor(shape tensor.Shape, strides []int) (n int, ok bool) {
	if n = 1; len(strides) != len(shape) {
		return shape.TotalSize(), ones(shape) || known(shape, strides) && strides[0] == 1
	}
	for i := len(shape) - 1; i >= 0; i-- {
		if shape[i] != 1 && strides[i] != n {
			return n, false
		}
		if n, ok = times(n, shape[i]); !ok {
			return n, false
		}
	}
	return n, true
}

// times returns a·b, and whether it is at least 0 and an int.
func times(a, b int) (product int, ok bool) {
	high, low := bits.Mul(uint(a), uint(b))
	return int(low), high == 0 && int(low) >= 0
}

// ones reports whether every size is 1.
func ones(shape tensor.Shape) bool {
	return !slices.ContainsFunc(shape, func(n int) bool { return n != 1 })
}

// Plain returns the elements of t, and its shape, where they are T in main memory and lie as most
// do, row by row without gaps and with nothing behind them.
func Plain[T Float | int](t tensor.Tensor) (x []T, shape tensor.Shape, ok bool) {
	d, ok := t.(*tensor.Dense)
	if !ok || d == nil || !same(d.Dtype(), dtypeOf[T]()) {
		return nil, nil, false
	}
	n, ok := rowMajor(d.Shape(), d.Strides())
	if !ok || !fill(d, n, int(unsafe.Sizeof(T(0)))) {
		return nil, nil, false
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(d.Raw))), n), d.Shape(), true
}

// same reports whether a and b are one dtype by where their types lie, in less time than the
// comparison of interfaces takes.
func same(a, b tensor.Dtype) bool {
	return *(*[2]uintptr)(unsafe.Pointer(&a)) == *(*[2]uintptr)(unsafe.Pointer(&b))
}

// dtypeOf returns the dtype of T, in less time than reflection takes.
func dtypeOf[T Float | int]() tensor.Dtype {
	switch {
	case T(1)/2 == 0:
		return tensor.Int
	case unsafe.Sizeof(T(0)) == 4:
		return tensor.Float32
	}
	return tensor.Float64
}

// elements returns the memory of d as T, which it holds.
func elements[T Float | int](d *tensor.Dense) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(d.Raw))), len(d.Raw)/int(unsafe.Sizeof(T(0))))
}

// Memory returns the memory of d from its first element on. Its dtype must be T's.
func Memory[T Float](d *tensor.Dense) []T { return elements[T](d) }

// known reports whether every axis has a stride: package tensor gives some (1, K) and (N, 1) one
// for both, and a tensor of one element none.
func known(shape tensor.Shape, strides []int) bool {
	return len(strides) == len(shape) || ones(shape) ||
		len(strides) == 1 && len(shape) == 2 && (shape[0] == 1 || shape[1] == 1)
}

// stride returns the stride of an axis where they are known.
func stride(strides []int, axis int) int {
	switch {
	case axis < len(strides):
		return strides[axis]
	case len(strides) == 1:
		return strides[0]
	}
	return 0
}

// strideLost reports whether d is a vector (1, K) or (N, 1) whose elements have gaps that its
// strides do not show: package tensor gives the transpose of such a vector strides of 1.
func strideLost(d *tensor.Dense) bool {
	o := d.DataOrder()
	return o.IsTransposed() && o.IsNotContiguous() && RowMajor(d) && length(d) != d.Shape().TotalSize()
}

// reach returns the places of the first and the last element in memory, last < first for none. A
// place that no memory has may be the largest int instead.
func reach(d *tensor.Dense) (first, last int) {
	shape, strides := d.Shape(), d.Strides()
	for i, n := range shape {
		step := stride(strides, i)
		end, ok := times(n-1, max(step, -step))
		switch {
		case n < 1:
			return 0, -1
		case !ok || end > math.MaxInt-max(last, -first):
			return 0, math.MaxInt
		case step < 0:
			first -= end
		default:
			last += end
		}
	}
	return first, last
}

// inMemory reports whether the elements of d are where its shape and strides say.
func inMemory(d *tensor.Dense) bool {
	first, last := reach(d)
	return known(d.Shape(), d.Strides()) && first >= 0 && last < length(d)
}

// length returns how many elements the memory of d holds.
func length(d *tensor.Dense) int { return len(d.Raw) / sizeOf(d.Dtype()) }

// Overlap reports whether a and b have memory in common. It is exact where one of them has no gaps.
func Overlap(a, b *tensor.Dense) bool {
	if RowMajor(b) {
		a, b = b, a
	}
	x := SpanOf(a)
	if !x.Meets(SpanOf(b)) {
		return false
	}
	if !RowMajor(a) || RowMajor(b) {
		return true
	}
	size, common := b.Dtype().Size(), false
	eachRow(b, len(b.Shape())-1, func(offset, step, n int) {
		for range n {
			lo := b.Uintptr() + uintptr(offset)*size
			common = common || x.Meets(Span{lo, lo + size})
			offset += step
		}
	})
	return common
}

// Span is the addresses between which the elements of a tensor lie. The zero value is that of none.
type Span struct{ lo, hi uintptr }

// SpanOf returns the span of d.
func SpanOf(d *tensor.Dense) Span {
	first, last := reach(d)
	if last < first || len(d.Raw) == 0 {
		return Span{}
	}
	at, size := d.Uintptr(), uintptr(sizeOf(d.Dtype()))
	return Span{at + uintptr(first)*size, at + uintptr(last+1)*size}
}

// Meets reports whether s and t have addresses in common: where they have none, their tensors have
// no memory in common either.
func (s Span) Meets(t Span) bool { return s.lo < t.hi && t.lo < s.hi }

// SpanOfSlice returns the span of x.
func SpanOfSlice[T any](x []T) Span {
	if len(x) == 0 {
		return Span{}
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(x)))
	return Span{at, at + uintptr(len(x))*unsafe.Sizeof(x[0])}
}
