package dense

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// naive is what a tensor should hold: its elements in row-major order.
type naive struct {
	shape []int
	data  []float64
}

// pick returns the elements in row-major order of a shape whose element at is that of n at
// place(at).
func (n naive) pick(shape []int, place func(at []int) []int) naive {
	out := naive{shape: shape}
	at := make([]int, len(shape))
	for range size(shape) {
		i := 0
		for axis, x := range place(at) {
			i = i*n.shape[axis] + x
		}
		out.data = append(out.data, n.data[i])
		for j := len(at) - 1; j >= 0; j-- {
			if at[j]++; at[j] < shape[j] {
				break
			}
			at[j] = 0
		}
	}
	return out
}

// rows returns the elements row by row, a row lying along the axis.
func (n naive) rows(axis int) []float64 {
	if len(n.shape) == 0 {
		return n.data
	}
	shape := append(slices.Delete(slices.Clone(n.shape), axis, axis+1), n.shape[axis])
	return n.pick(shape, func(at []int) []int {
		last := len(at) - 1
		return slices.Insert(slices.Clone(at[:last]), axis, at[last])
	}).data
}

func size(shape []int) int { return tensor.Shape(shape).TotalSize() }

// layout is a tensor and what it should hold.
type layout struct {
	name string
	d    *tensor.Dense
	want naive
}

// numbers returns 1, 2, …, n as a slice of the element type of dt.
func numbers(dt tensor.Dtype, n int) any {
	s := reflect.MakeSlice(reflect.SliceOf(dt.Type), n, n)
	for i := range n {
		s.Index(i).Set(reflect.ValueOf(i + 1).Convert(dt.Type))
	}
	return s.Interface()
}

// layouts makes tensors of the dtype that lie in memory in every way.
func layouts(t testing.TB, dt tensor.Dtype) (all []layout) {
	for _, shape := range [][]int{{1}, {5}, {1, 1}, {1, 4}, {4, 1}, {3, 5}, {2, 3, 4}, {1, 3, 1}, {1, 1, 1},
		{2, 3, 2, 3}} {
		n := size(shape)
		want := naive{shape: shape}
		for i := range n {
			want.data = append(want.data, float64(i+1))
		}
		for name, memory := range map[string]tensor.ConsOpt{
			"row-major":    tensor.WithBacking(numbers(dt, n)),
			"column-major": tensor.AsFortran(numbers(dt, n)), // which is given the elements in row-major order
		} {
			l := newLayout(t, fmt.Sprintf("%s %v", name, shape), tensor.New(tensor.WithShape(shape...), memory), want)
			all = append(append(all, l), l.cuts(t)...)
		}
	}
	for _, l := range slices.Clone(all) {
		if x, ok := l.transposed(t); ok {
			all = append(all, x)
		}
	}
	scalar := reflect.ValueOf(7).Convert(dt.Type).Interface()
	all = append(all, newLayout(t, "scalar", tensor.New(tensor.FromScalar(scalar)), naive{data: []float64{7}}))
	for _, shape := range [][]int{{0}, {0, 3}, {3, 0}} {
		all = append(all, newLayout(t, fmt.Sprintf("empty %v", shape), New(dt, shape...), naive{shape: shape}))
	}
	return all
}

func newLayout(t testing.TB, name string, d tensor.Tensor, want naive) layout {
	x := d.(*tensor.Dense)
	require.Equal(t, len(want.data), x.Shape().TotalSize(), name)
	want.shape = x.Shape() // a slice loses axes of one element
	return layout{name, x, want}
}

// cuts returns slices along every axis.
func (l layout) cuts(t testing.TB) (all []layout) {
	if len(l.d.Strides()) != len(l.want.shape) {
		return nil // package tensor does not slice it
	}
	for axis, n := range l.want.shape {
		for _, s := range []struct{ lo, hi, step int }{{1, n, 1}, {0, n, 2}, {0, n - 1, 1}, {n - 1, n, 1}} {
			if s.hi-s.lo < 1 {
				continue
			}
			cuts := make([]tensor.Slice, len(l.want.shape))
			cuts[axis] = tensor.S(s.lo, s.hi, s.step)
			v, err := l.d.Slice(cuts...)
			require.NoError(t, err)
			count := (s.hi - s.lo + s.step - 1) / s.step
			if axis == 0 { // package tensor rounds down there
				count = max(1, (s.hi-s.lo)/s.step)
			}
			shape := slices.Clone(l.want.shape)
			shape[axis] = count
			want := l.want.pick(shape, func(at []int) []int {
				at = slices.Clone(at)
				at[axis] = s.lo + s.step*at[axis]
				return at
			})
			all = append(all, newLayout(t, fmt.Sprintf("%s, axis %d cut to %d:%d:%d", l.name, axis, s.lo, s.hi, s.step),
				v, want))
		}
	}
	return all
}

// transposed returns l with its axes in reverse, where package tensor can do that.
func (l layout) transposed(t testing.TB) (out layout, ok bool) {
	dims, x := len(l.want.shape), l.d.ShallowClone()
	if dims < 2 || len(x.Strides()) != dims || x.T() != nil {
		return out, false
	}
	if _, err := Of(x); err != nil {
		return out, false // see TestRefused
	}
	reversed := func(at []int) []int {
		at = slices.Clone(at)
		slices.Reverse(at)
		return at
	}
	return newLayout(t, l.name+", transposed", x, l.want.pick(reversed(l.want.shape), reversed)), true
}

var dtypes = []tensor.Dtype{
	tensor.Float32, tensor.Float64, tensor.Int, tensor.Int8, tensor.Int16, tensor.Int32, tensor.Int64,
	tensor.Uint, tensor.Uint8, tensor.Uint16, tensor.Uint32, tensor.Uint64,
}

func TestNew(t *testing.T) {
	for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64, tensor.Int} {
		assert.True(t, New(dt).IsScalar())
		assert.Equal(t, dt, New(dt).Dtype())
		assert.Equal(t, tensor.New(tensor.FromScalar(reflect.Zero(dt.Type).Interface())), New(dt))
		for _, shape := range [][]int{{2, 3}, {4}, {1}, {0}, {3, 0, 2}, {1, 5}, {5, 1}, {1, 1}, {2, 3, 4, 5}} {
			want, unset := tensor.New(tensor.Of(dt), tensor.WithShape(shape...)), Unset(dt, shape...)
			assert.Equal(t, want, New(dt, shape...), shape)
			clear(unset.Raw)
			assert.Equal(t, want, unset, shape)
		}
	}
}

// TestRowMajorStrides: package tensor gives some vectors one stride, and a number none.
func TestRowMajorStrides(t *testing.T) {
	for _, c := range []struct {
		shape, strides []int
		n              int
		ok             bool
	}{
		{nil, nil, 1, true}, {[]int{1, 1}, nil, 1, true}, {[]int{1, 1}, []int{7}, 1, true},
		{[]int{1, 4}, []int{1}, 4, true}, {[]int{4, 1}, []int{1}, 4, true}, {[]int{1, 4}, []int{2}, 4, false},
		{[]int{4, 1}, []int{3}, 4, false}, {[]int{2, 2}, []int{1}, 4, false}, {[]int{2, 2}, nil, 4, false},
		{[]int{2, 3}, []int{3, 1}, 6, true}, {[]int{2, 3}, []int{1, 2}, 6, false}, {[]int{1, 3}, []int{9, 1}, 3, true},
	} {
		n, ok := rowMajor(c.shape, c.strides)
		assert.Equal(t, c.ok, ok, "%v %v", c.shape, c.strides)
		if ok {
			assert.Equal(t, c.n, n, "%v %v", c.shape, c.strides)
		}
	}
}

// TestPlain gives the elements of the tensors that are row-major and alone in their memory, and of
// no other.
func TestPlain(t *testing.T) {
	found := 0
	for _, l := range append(layouts(t, tensor.Float64), layouts(t, tensor.Float32)...) {
		x, shape, ok := Plain[float64](l.d)
		want := l.d.Dtype() == tensor.Float64 && RowMajor(l.d) && length(l.d) == len(l.want.data)
		require.Equal(t, want, ok, l.name)
		if ok {
			found++
			require.Equal(t, l.d.Shape(), shape, l.name)
			require.Equal(t, len(l.want.data), len(x), l.name)
			for i, v := range l.want.data {
				require.Equal(t, v, x[i], l.name)
			}
		}
	}
	require.Greater(t, found, 20)
	_, _, ok := Plain[int](nil)
	require.False(t, ok)
	x, _, ok := Plain[int](tensor.New(tensor.WithBacking([]int{3, 1})))
	require.True(t, ok)
	require.Equal(t, []int{3, 1}, x)
}
