package dense

import (
	"strings"
	"unsafe"

	"gorgonia.org/tensor"
)

// New returns a tensor of zeros, a scalar when there is no size: what the options of package tensor
// make, in fewer pieces of memory.
func New(dt tensor.Dtype, shape ...int) *tensor.Dense {
	d := header(dt, shape)
	d.Raw = make([]byte, d.Shape().TotalSize()*sizeOf(dt))
	return d
}

// Unset is [New] for those who set every element, which holds anything until then. To clear a large
// tensor takes as long as to fill it.
func Unset(dt tensor.Dtype, shape ...int) *tensor.Dense {
	d := header(dt, shape)
	d.Raw = unset(d.Shape().TotalSize() * sizeOf(dt))
	return d
}

// unset returns n bytes that hold anything: a builder's, as nothing else in Go's library hands out
// memory that is not cleared.
func unset(n int) []byte {
	var b strings.Builder
	b.Grow(n)
	b.WriteByte(0) // of an empty string no address is promised
	return unsafe.Slice(unsafe.StringData(b.String()), n)
}

// Scalars to copy, which nobody changes.
var single, double = scalar(tensor.Float32), scalar(tensor.Float64)

func scalar(dt tensor.Dtype) *tensor.Dense { return tensor.New(tensor.Of(dt), tensor.WithShape()) }

// blank returns a scalar to copy.
func blank(dt tensor.Dtype) *tensor.Dense {
	switch dt {
	case tensor.Float32:
		return single
	case tensor.Float64:
		return double
	}
	return scalar(dt)
}

// header returns a tensor without memory for its elements.
func header(dt tensor.Dtype, shape []int) *tensor.Dense {
	d := &struct { // one piece of memory for most
		tensor.Dense
		axes [4]int
	}{Dense: *blank(dt)}
	n := len(shape)
	if n == 0 {
		return &d.Dense
	}
	axes := d.axes[:]
	if 2*n > len(axes) {
		axes = make([]int, 2*n)
	}
	sizes, strides := axes[:n:n], axes[n:2*n:2*n]
	copy(sizes, shape)
	for i, step := n-1, 1; i >= 0; i-- {
		strides[i] = step
		step *= sizes[i]
	}
	d.Init(sizes, strides)
	return &d.Dense
}
