package dataset

import (
	"iter"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
)

// Batches cuts the rows 0..N-1 of a dataset into mini-batches, in a new order
// for every epoch, without copying the dataset (see [Gather]). The order
// depends on N, Seed and the epoch alone: a run that resumes at epoch 7 sees
// what it would have seen without the interruption.
type Batches struct {
	N    int    // rows, 1 or more
	Size int    // rows of a batch, 1 or more; the last batch of an epoch may be smaller
	Seed uint64 // of the shuffle
}

// Len returns the number of batches of an epoch, N/Size rounded up; 0 when N or
// Size is below 1.
func (b Batches) Len() int {
	if b.N < 1 || b.Size < 1 {
		return 0
	}
	return (b.N-1)/b.Size + 1
}

// Epoch returns the batches of one epoch, counted from 0: slices of row
// indices that hold every row exactly once. The sequence can be run again and
// gives the same batches. A batch is the receiver's to keep.
//
// Errors: [ErrParam] when N or Size is below 1 or epoch is negative.
func (b Batches) Epoch(epoch int) (iter.Seq[[]int], error) {
	switch {
	case b.N < 1:
		return nil, fail(ErrParam, "N: got %d, want at least 1", b.N)
	case b.Size < 1:
		return nil, fail(ErrParam, "batch size: got %d, want at least 1", b.Size)
	case epoch < 0:
		return nil, fail(ErrParam, "epoch: got %d, want at least 0", epoch)
	}
	return func(yield func([]int) bool) {
		order := newRand(b.Seed, batchStream, uint64(epoch)).Perm(b.N)
		for len(order) > 0 {
			size := min(b.Size, len(order))
			if !yield(order[:size:size]) {
				return
			}
			order = order[size:]
		}
	}, nil
}

// Gather copies rows of src to the first len(rows) rows of dst and fills the other rows of dst with
// zeros: of a larger batch before it nothing is left.
//
// Shapes: src [N, C], dst [M, C] with M >= len(rows), both float32 or both
// float64. src may be a view or a transpose; dst is written in place, is
// row-major and must not share memory with src. No rows zero all of dst.
//
// Errors: [ErrShape], [ErrDtype], [*RowError] for a row outside 0..N-1. Nothing
// is written when there is one.
func Gather(dst, src *tensor.Dense, rows []int) error {
	double, err := isDouble("src", src)
	switch {
	case err != nil:
		return err
	case double:
		return gather[float64](dst, src, rows)
	}
	return gather[float32](dst, src, rows)
}

func gather[T dense.Float](dst, src *tensor.Dense, rows []int) error {
	from, err := matrixOf[T]("src", src)
	if err != nil {
		return err
	}
	to, err := matrixOf[T]("dst", dst)
	if err != nil {
		return err
	}
	switch {
	case to.k != from.k:
		return fail(ErrShape, "dst: got %s, want %d as in src", plural(to.k, "column"), from.k)
	case to.n < len(rows):
		return fail(ErrShape, "dst: got %s, want at least %d, one for each entry of rows", plural(to.n, "row"), len(rows))
	case !dense.RowMajor(dst):
		return fail(ErrShape, "dst: got strides %v, want a row-major tensor of shape %v", dst.Strides(), dst.Shape())
	}
	if err := checkRows(rows, from.n); err != nil {
		return err
	}
	for i, r := range rows {
		copy(to.row(i), from.row(r))
	}
	clear(to.data[len(rows)*to.k : to.n*to.k])
	return nil
}
