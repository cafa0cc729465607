package dense

import (
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

func matrix(n, k int) *tensor.Dense {
	return tensor.New(tensor.WithShape(n, k), tensor.WithBacking(tensor.Range(tensor.Float64, 0, n*k)))
}

func slice(t *testing.T, d *tensor.Dense, s ...tensor.Slice) *tensor.Dense {
	v, err := d.Slice(s...)
	require.NoError(t, err)
	return v.(*tensor.Dense)
}

// TestRefused has what Of refuses, and why.
func TestRefused(t *testing.T) {
	lost := slice(t, matrix(1, 6), nil, tensor.S(0, 6, 2))
	require.NoError(t, lost.T())
	masked := tensor.New(tensor.WithShape(1), tensor.WithBacking([]float64{1}, []bool{false}))
	for name, c := range map[string]struct {
		t    tensor.Tensor
		kind Kind
		text string
	}{
		"nil":        {nil, Missing, "nil is no tensor, want a *tensor.Dense"},
		"nil dense":  {(*tensor.Dense)(nil), Missing, "nil is no tensor, want a *tensor.Dense"},
		"zero value": {new(tensor.Dense), Missing, "a tensor without a dtype holds nothing, want one that tensor.New made"},
		"sparse": {tensor.CSRFromCoord(tensor.Shape{1, 1}, []int{0}, []int{0}, []float64{1}), Type,
			"*tensor.CS is not dense, want a *tensor.Dense"},
		"mask": {masked, Type, "the tensor has a mask, want sample weights of 0 instead"},
		"bool": {tensor.New(tensor.FromScalar(true)), Type, "dtype bool is not supported, want numbers"},
		"slice of nothing": {slice(t, New(tensor.Float64, 0, 3), nil, tensor.S(0, 3)), Layout,
			"a tensor of shape (1, 3) with strides [3 1] and 0 elements does not fit its memory, want one with an element for " +
				"every place of its shape"},
		"lost step": {lost, Layout,
			"a vector transposed after slicing with a step has lost the step in package tensor, want a copy (Materialize or " +
				"Clone) made before the transpose"},
	} {
		d, err := Of(c.t)
		assert.Nil(t, d, name)
		var e *Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, c.kind, e.Kind, name)
		assert.EqualError(t, err, c.text, name)
	}
}

// TestTooManyElements has shapes of more elements than an int counts. Their product is a small
// number all the same, and package tensor makes some of them, without memory: 65536×65536 on a
// machine of 32 bits.
func TestTooManyElements(t *testing.T) {
	half := 1 << (strconv.IntSize / 2)
	for _, shape := range [][]int{{half, half}, {half / 2, half / 2}, {half / 2, half, 2}, {half + 1, half},
		{half / 2 * (half / 2)}, {half / 2, half / 4}, {1, half, half}} {
		for _, dt := range []tensor.Dtype{tensor.Float32, tensor.Float64, tensor.Int, tensor.Uint8} {
			d := New(dt, 0)
			strides := slices.Clone(shape)
			for i, step := len(shape)-1, 1; i >= 0; i-- {
				strides[i], step = step, step*shape[i]
			}
			for range 2 {
				d.Init(shape, strides)
				_, err := Of(d)
				var e *Error
				require.ErrorAs(t, err, &e, "%v, strides %v, %v", shape, strides, dt)
				assert.Equal(t, Layout, e.Kind)
				_, _, ok := Plain[float32](d)
				assert.False(t, ok, "%v, strides %v, %v", shape, strides, dt)
				slices.Reverse(strides)
			}
		}
	}
}

func TestSpanOfSlice(t *testing.T) {
	x := make([]float64, 8)
	d := tensor.New(tensor.WithShape(3), tensor.WithBacking(x[2:5]))
	for _, c := range []struct {
		lo, hi int
		want   bool
	}{{0, 2, false}, {0, 3, true}, {3, 4, true}, {4, 8, true}, {5, 8, false}, {3, 3, false}, {0, 8, true}} {
		assert.Equal(t, c.want, SpanOf(d).Meets(SpanOfSlice(x[c.lo:c.hi])), "%+v", c)
	}
	assert.False(t, SpanOf(New(tensor.Float64, 0, 3)).Meets(SpanOfSlice(x)))
	assert.False(t, SpanOf(d).Meets(SpanOfSlice([]float64(nil))))
}

func TestOverlap(t *testing.T) {
	m := matrix(4, 6)
	of := func(lo, hi int) *tensor.Dense {
		return tensor.New(tensor.WithShape(hi-lo), tensor.WithBacking(m.Float64s()[lo:hi]))
	}
	transposed := m.ShallowClone()
	require.NoError(t, transposed.T())
	left, right := slice(t, m, nil, tensor.S(0, 3)), slice(t, m, nil, tensor.S(3, 6))
	for name, c := range map[string]struct {
		a, b *tensor.Dense
		want bool
	}{
		"itself":                    {a: m, b: m, want: true},
		"its transpose":             {a: m, b: transposed, want: true},
		"its transpose with itself": {a: transposed, b: transposed, want: true},
		"another":                   {a: m, b: matrix(4, 6)},
		"one element":               {a: of(0, 4), b: of(3, 8), want: true},
		"neighbours":                {a: of(0, 4), b: of(4, 8)},
		"left columns":              {a: m, b: left, want: true},
		"in a gap":                  {a: left, b: of(3, 6)},
		"not quite in a gap":        {a: left, b: of(3, 7), want: true},
		"columns beside each other": {a: left, b: right, want: true}, // both have gaps: it does not look
		"a transposed part":         {a: transposed, b: of(7, 8), want: true},
		"a scalar":                  {a: tensor.New(tensor.FromScalar(1.)), b: m},
		"an empty tensor":           {a: New(tensor.Float64, 0, 3), b: m},
		"another dtype":             {a: tensor.New(tensor.FromScalar(1)), b: m},
		"a row of a (1, K) column-major tensor": {a: tensor.New(tensor.WithShape(1, 3), tensor.AsFortran(m.Float64s()[:3])),
			b: of(2, 3), want: true},
	} {
		assert.Equal(t, c.want, Overlap(c.a, c.b), name)
		assert.Equal(t, c.want, Overlap(c.b, c.a), "%s, the other way", name)
	}
}

func TestAllocatesNothing(t *testing.T) {
	m := matrix(5, 6)
	left := slice(t, m, nil, tensor.S(0, 3))
	column := tensor.New(tensor.WithShape(1, 6), tensor.AsFortran(make([]float64, 6)))
	buf, ints := make([]float64, 100), make([]int, 100)
	bytes := tensor.New(tensor.WithShape(6), tensor.WithBacking(make([]uint8, 6)))
	assert.Zero(t, testing.AllocsPerRun(10, func() {
		for _, d := range []*tensor.Dense{m, left, column} {
			_, _ = Of(d)
			Store(d, 0, Rows(d, 0, &buf))
			Overlap(d, left)
		}
		Ints(bytes, Last, &ints)
	}))
}
