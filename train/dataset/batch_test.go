package dataset

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorgonia.org/tensor"
)

func collect(t *testing.T, b Batches, epoch int) [][]int {
	t.Helper()
	seq, err := b.Epoch(epoch)
	require.NoError(t, err)
	return slices.Collect(seq)
}

func TestBatchesCoverEveryRowOnce(t *testing.T) {
	for _, b := range []Batches{{10, 3, 1}, {10, 5, 1}, {10, 10, 1}, {10, 99, 1}, {1, 1, 1}, {7, 1, 1},
		{7, math.MaxInt, 1}} {
		batches := collect(t, b, 0)
		assert.Len(t, batches, b.Len())
		for _, batch := range batches[:len(batches)-1] {
			assert.Len(t, batch, b.Size)
		}
		all := slices.Concat(batches...)
		slices.Sort(all)
		for i, r := range all {
			assert.Equal(t, i, r)
		}
		assert.Len(t, all, b.N)
	}
}

func TestBatchesDependOnSeedAndEpochAlone(t *testing.T) {
	b := Batches{N: 100, Size: 7, Seed: 3}
	seq, err := b.Epoch(5)
	require.NoError(t, err)
	for range seq {
		break // stopping early is allowed and changes nothing
	}
	first := slices.Collect(seq)
	assert.Equal(t, first, slices.Collect(seq))
	assert.Equal(t, first, collect(t, b, 5), "no earlier epoch needed")
	seen := map[int]bool{}
	for _, other := range []Batches{b, {100, 7, 4}} {
		for epoch := range 4 {
			batch := collect(t, other, epoch)[0]
			assert.NotEqual(t, first[0], batch)
			seen[batch[0]] = true
		}
	}
	assert.Greater(t, len(seen), 3, "seeds and epochs start apart")
	// Pinned: a resumed run must go on with the same order after an upgrade.
	assert.Equal(t, [][]int{{0, 2, 6}, {5, 7, 4}, {1, 3}}, collect(t, Batches{N: 8, Size: 3, Seed: 42}, 1))
}

func TestBatchIsTheReceiversToKeep(t *testing.T) {
	batches := collect(t, Batches{N: 4, Size: 2}, 0)
	want := slices.Clone(batches[1])
	_ = append(batches[0], -1)
	assert.Equal(t, want, batches[1])
}

func TestBatchesErrors(t *testing.T) {
	for _, test := range []struct {
		b     Batches
		epoch int
		text  string
	}{
		{Batches{N: 0, Size: 1}, 0, "N: got 0, want at least 1"},
		{Batches{N: 1, Size: 0}, 0, "batch size: got 0"},
		{Batches{N: 1, Size: -3}, 0, "batch size: got -3"},
		{Batches{N: 1, Size: 1}, -1, "epoch: got -1, want at least 0"},
	} {
		_, err := test.b.Epoch(test.epoch)
		checkError(t, err, ErrParam, test.text)
	}
	assert.Zero(t, Batches{}.Len())
	assert.Zero(t, Batches{N: 3}.Len())
}

func TestGather(t *testing.T) {
	src := tensorOf[float32](3, 1, 2, 3, 4, 5, 6)
	dst := tensorOf[float32](4, 9, 9, 9, 9, 9, 9, 9, 9)
	require.NoError(t, Gather(dst, src, []int{2, 0}))
	assert.Equal(t, []float32{5, 6, 1, 2, 0, 0, 0, 0}, f32(t, dst))
	require.NoError(t, Gather(dst, src, []int{1, 1, 1, 1}))
	assert.Equal(t, []float32{3, 4, 3, 4, 3, 4, 3, 4}, f32(t, dst))
	require.NoError(t, Gather(dst, src, nil))
	assert.Equal(t, make([]float32, 8), f32(t, dst))
	assert.Equal(t, []float32{1, 2, 3, 4, 5, 6}, f32(t, src))

	wide := tensorOf(1, 0., 0, 0)
	require.NoError(t, Gather(wide, transposed(t, tensorOf(3, 1., 2, 3, 4, 5, 6)), []int{1}))
	assert.Equal(t, []float64{2, 4, 6}, wide.Data())
}

func TestGatherRefusesAndWritesNothing(t *testing.T) {
	src := tensorOf[float32](3, 1, 2, 3, 4, 5, 6)
	view := columnsOf(t, tensorOf[float32](2, 9, 9, 9, 9, 9, 9), 0, 2)
	for _, test := range []struct {
		name     string
		dst, src *tensor.Dense
		rows     []int
		kind     error
		text     string
	}{
		{"nil src", tensorOf[float32](2, 9, 9, 9, 9), nil, nil, ErrShape, "src: got nil, which is no tensor"},
		{"empty src", tensorOf[float32](2, 9, 9, 9, 9), new(tensor.Dense), nil, ErrShape,
			"src: got a tensor without a dtype, which holds nothing"},
		{"nil dst", nil, src, nil, ErrShape, "dst: got nil, which is no tensor"},
		{"src dtype", tensorOf[float32](2, 9, 9), tensorOf(2, 1, 2), nil, ErrDtype,
			"src: got dtype int, want float32 or float64"},
		{"dst dtype", tensorOf(2, 9., 9, 9, 9), src, nil, ErrDtype, "dst: got dtype float64, want float32"},
		{"columns", tensorOf[float32](3, 9, 9, 9), src, nil, ErrShape, "dst: got 1 column, want 2"},
		{"rows", tensorOf[float32](1, 9, 9), src, []int{0, 1}, ErrShape, "dst: got 1 row, want at least 2"},
		{"strides", view, src, nil, ErrShape, "dst: got strides [3 1], want a row-major tensor"},
		{"high row", tensorOf[float32](2, 9, 9, 9, 9), src, []int{0, 3}, ErrRow, "rows: row 1: got 3, want a row in 0..2"},
		{"low row", tensorOf[float32](2, 9, 9, 9, 9), src, []int{-1}, ErrRow, "rows: row 0: got -1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			checkError(t, Gather(test.dst, test.src, test.rows), test.kind, test.text)
			if test.dst == nil {
				return
			}
			m, err := numbersOf[float64]("dst", test.dst)
			require.NoError(t, err)
			assert.Equal(t, 9., m.data[0])
		})
	}
}

func BenchmarkGather(b *testing.B) {
	src := tensor.New(tensor.WithShape(1000, 784), tensor.Of(tensor.Float32))
	dst := tensor.New(tensor.WithShape(128, 784), tensor.Of(tensor.Float32))
	seq, err := Batches{N: 1000, Size: 128}.Epoch(0)
	require.NoError(b, err)
	batches := slices.Collect(seq)
	b.SetBytes(128 * 784 * 4)
	b.ReportAllocs()
	for b.Loop() {
		if err := Gather(dst, src, batches[0]); err != nil {
			b.Fatal(err)
		}
	}
}
