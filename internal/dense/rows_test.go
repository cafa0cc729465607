package dense

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

// TestRows and Ints against the naive reader: every dtype, layout and axis.
func TestRows(t *testing.T) {
	for _, dt := range dtypes {
		all := layouts(t, dt)
		require.Greater(t, len(all), 100)
		for _, l := range all {
			d, err := Of(l.d)
			require.NoError(t, err, l.name)
			for axis := range max(1, len(l.want.shape)) {
				want := l.want.rows(axis)
				got := slices.Clone(Rows(d, axis, new([]float64)))
				require.Equal(t, want, append([]float64(nil), got...), "%v %s axis %d", dt, l.name, axis)
				for i, x := range Rows(d, axis, new([]float32)) {
					require.Equal(t, want[i], float64(x), "%v %s axis %d", dt, l.name, axis)
				}
				if !IsInteger(dt) {
					continue
				}
				for i, x := range Ints(d, axis, new([]int)) {
					require.Equal(t, want[i], float64(x), "%v %s axis %d", dt, l.name, axis)
				}
			}
			require.Equal(t, l.want.data, append([]float64(nil), Rows(d, Last, new([]float64))...), "%v %s", dt, l.name)
		}
	}
}

// TestRowsWithoutCopy where the elements lie as they are wanted, and only there.
func TestRowsWithoutCopy(t *testing.T) {
	for _, l := range layouts(t, tensor.Float64) {
		if l.d.Shape().TotalSize() == 0 {
			continue
		}
		var buf []float64
		last := max(0, len(l.want.shape)-1)
		got := Rows(l.d, last, &buf)
		assert.Equal(t, RowMajor(l.d), &got[0] == &Memory[float64](l.d)[0], l.name)
		assert.Equal(t, RowMajor(l.d), buf == nil, l.name)
		if RowMajor(l.d) {
			assert.Equal(t, l.want.data, append([]float64(nil), got...), l.name)
		}
	}
	x := tensor.New(tensor.WithShape(3), tensor.WithBacking([]int{1, 2, 3}))
	assert.Same(t, &x.Ints()[0], &Ints(x, Last, nil)[0])
}

// TestStore writes what Rows reads, and touches nothing else.
func TestStore(t *testing.T) {
	for _, l := range layouts(t, tensor.Float32) {
		for axis := range max(1, len(l.want.shape)) {
			rows := append([]float32{}, Rows(l.d, axis, new([]float32))...)
			for i := range rows {
				rows[i] = -rows[i]
			}
			Store(l.d, axis, rows)
			require.Equal(t, rows, append([]float32{}, Rows(l.d, axis, new([]float32))...), "%s axis %d", l.name, axis)
			negative := 0
			for _, x := range Memory[float32](l.d) {
				if x < 0 {
					negative++
				}
			}
			require.Equal(t, len(rows), negative, "%s axis %d", l.name, axis)
			for i := range rows {
				rows[i] = -rows[i]
			}
			Store(l.d, axis, rows)
		}
	}
}

func TestNearestInt(t *testing.T) {
	for _, c := range []struct {
		backing any
		want    []int
	}{
		{[]uint64{math.MaxUint64, math.MaxInt, math.MaxInt + 1, 0}, []int{math.MaxInt, math.MaxInt, math.MaxInt, 0}},
		{[]uint{math.MaxUint, 3}, []int{math.MaxInt, 3}},
		{[]int8{-128, 127}, []int{-128, 127}},
		{[]uint8{255, 128}, []int{255, 128}},
	} {
		d := tensor.New(tensor.WithShape(len(c.want)), tensor.WithBacking(c.backing))
		assert.Equal(t, c.want, Ints(d, Last, new([]int)), "%T", c.backing)
	}
}

// TestBits wants equal bits for equal integers alone, those beyond an int and views included.
func TestBits(t *testing.T) {
	for _, backing := range []any{
		[]uint64{math.MaxUint64, math.MaxUint64 - 1, math.MaxInt + 1, math.MaxUint64, 0, 7},
		[]int64{-1, -2, math.MinInt64, -1, 0, 7}, []int8{-1, -2, 3, -1, 0, 7}, []uint16{9, 8, 3, 9, 0, 7},
	} {
		d := tensor.New(tensor.WithShape(3, 2), tensor.WithBacking(backing))
		v, err := d.Slice(nil, tensor.S(0))
		require.NoError(t, err)
		for _, view := range []*tensor.Dense{d, v.(*tensor.Dense)} {
			bits := Bits(view)
			require.Len(t, bits, view.Shape().TotalSize())
			for i, a := range bits {
				for j, b := range bits {
					step := 6 / len(bits)
					assert.Equal(t, d.Get(i*step) == d.Get(j*step), a == b, "%T %d %d", backing, i, j)
				}
			}
		}
	}
}

func TestGrow(t *testing.T) {
	var buf []int
	assert.Len(t, Grow(&buf, 3), 3)
	first := &buf[0]
	assert.Same(t, first, &Grow(&buf, 2)[0])
	assert.Same(t, first, &Grow(&buf, 3)[0])
	assert.NotSame(t, first, &Grow(&buf, 4)[0])
}
