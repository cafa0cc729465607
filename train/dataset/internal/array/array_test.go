package array

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/train/dataset/internal/fault"
)

func TestRead(t *testing.T) {
	u1 := Type{Kind: 'u', Width: 1}
	a, err := Read("test", bufio.NewReader(strings.NewReader("abcdef")), u1, []int{2, 3}, false)
	require.NoError(t, err)
	require.Equal(t, 3, a.RowSize())
	for name, c := range map[string]struct {
		data  string
		shape []int
		kind  error
		text  string
	}{
		"empty":    {"", []int{2, 0}, fault.ErrEmpty, "dataset: test: got size 0 in dimension 1"},
		"overflow": {"", []int{math.MaxInt32, math.MaxInt32, math.MaxInt32}, fault.ErrFormat, "want less than 2^31 bytes"},
		"too much": {"", []int{1 << 16, 1 << 16}, fault.ErrFormat, "want less than 2^31 bytes"},
		"short":    {"abc", []int{4}, fault.ErrFormat, "test: the file ends after 3 of 4 bytes of data"},
		"long":     {"abcde", []int{4}, fault.ErrFormat, "got more than 4 bytes of data"},
	} {
		_, err := Read("test", bufio.NewReader(strings.NewReader(c.data)), u1, c.shape, false)
		require.ErrorIs(t, err, c.kind, name)
		require.ErrorContains(t, err, c.text, name)
	}
	boom := errors.New("boom")
	for _, data := range []string{"ab", "abcd"} {
		_, err := Read("test", bufio.NewReader(io.MultiReader(strings.NewReader(data), iotest.ErrReader(boom))), u1,
			[]int{4}, false)
		require.ErrorIs(t, err, boom)
	}
}

// A header costs what its file holds, not what it claims.
func TestAllocatesWhatArrives(t *testing.T) {
	allocated := numtest.Allocated(func() {
		_, err := Read("test", bufio.NewReader(strings.NewReader("abc")), Type{Kind: 'u', Width: 1}, []int{1 << 15, 1 << 15},
			false)
		require.ErrorContains(t, err, "the file ends after 3 of 1073741824 bytes of data")
	})
	require.Less(t, allocated, uint64(1<<20), "of a claimed 2^30")
}

// The rows of both orders, and an error that ends them.
func TestRows(t *testing.T) {
	rows := func(a *Array) (out [][]float64) {
		require.NoError(t, a.Rows(func(_ int, row []float64) error {
			out = append(out, append([]float64(nil), row...))
			return nil
		}))
		return out
	}
	u1 := Type{Kind: 'u', Width: 1}
	want := [][]float64{{0, 1, 2, 3, 4, 5}, {6, 7, 8, 9, 10, 11}}
	require.Equal(t, want, rows(&Array{Type: u1, Shape: []int{2, 2, 3},
		Data: []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}))
	require.Equal(t, want, rows(&Array{Type: u1, Shape: []int{2, 2, 3}, Fortran: true,
		Data: []byte{0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11}}))
	stop := errors.New("stop")
	require.ErrorIs(t, (&Array{Type: u1, Shape: []int{2}, Data: []byte{1, 2}}).Rows(func(int,
		[]float64) error {
		return stop
	}), stop)
}

func TestElement(t *testing.T) {
	for _, c := range []struct {
		of   Type
		data []byte
		want float64
	}{
		{Type{Kind: 'b', Width: 1}, []byte{1}, 1},
		{Type{Kind: 'i', Width: 2, Big: true}, []byte{0xff, 0xfe}, -2},
		{Type{Kind: 'i', Width: 8}, []byte{0, 0, 0, 0, 0, 0, 0, 0x80}, math.MinInt64},
		{Type{Kind: 'u', Width: 8, Big: true}, []byte{0x80, 0, 0, 0, 0, 0, 0, 0}, 1 << 63},
		{Type{Kind: 'f', Width: 2}, []byte{0, 0x3c}, 1},
		{Type{Kind: 'f', Width: 2}, []byte{1, 0x80}, -0x1p-24},
		{Type{Kind: 'f', Width: 2, Big: true}, []byte{0xfc, 0}, math.Inf(-1)},
		{Type{Kind: 'f', Width: 4}, []byte{0, 0, 0x80, 0x3f}, 1},
		{Type{Kind: 'f', Width: 8, Big: true}, []byte{0xbf, 0xe0, 0, 0, 0, 0, 0, 0}, -.5},
	} {
		a := &Array{Type: c.of, Shape: []int{2}, Data: append(bytes.Repeat([]byte{7}, c.of.Width), c.data...)}
		require.Equal(t, c.want, a.Element(1), "%+v", c.of)
	}
	require.True(t, math.IsNaN((&Array{Type: Type{Kind: 'f', Width: 2, Big: true}, Data: []byte{0x7e, 0}}).Element(0)))
}
