//go:build !purego

package vec

import (
	"slices"

	"softloss/losses/internal/kernel/spec"
)

// What a sparse map makes of a row depends on the classes that may have a probability: these go
// into a tile. Of rows of an index only these matter, and that of the index; of other rows the
// labels of the others do.

// nearRows are the rows of a tile.
type nearRows[T spec.Float] struct {
	v      wide[T]
	n, k   int             // of the map, and how many classes
	s      *tile[T]        // its first column is of the index, where there is one
	h      *tile[float64]  // has the numbers of the rows, the classes of the columns, and room in h
	counts [maxDoubles]int // of these columns, mostNear for a row for itself
}

// sparseNear is [Sparse] for rows that are no tiles.
func sparseNear[T spec.Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	row func(j int) (valid bool)) (bad int) {
	b, w := nearRows[T]{v: wideOf[T](), n: n, k: k, s: getTile[T](), h: getTile[float64]()}, sparseTiler[T]().lanes()
	defer putTile(b.s)
	defer putTile(b.h)
	for i := 0; i < len(loss); i += w {
		rows := min(w, len(loss)-i)
		lo, hi := i*k, (i+rows)*k
		x, y, at := z[lo:hi], part(t, lo, hi), part(index, i, i+rows)
		g, l := part(grad, lo, hi), part(labelGrad, lo, hi)
		f, _ := rowFactors(scale, b.s.padScale[:], i, rows, w)
		columns := b.gather(x, y, at, rows)
		var rejected uint32
		switch {
		case slices.Min(b.counts[:rows]) == mostNear:
		case t == nil:
			rejected = b.indexed(g, at, f, columns, w)
		default:
			rejected = b.labelled(g, l, x, y, scratch[k+16:], f, columns, rows)
		}
		copy(loss[i:i+rows], b.s.padLoss[:])
		for j := range rows {
			if b.counts[j] == mostNear {
				var declined uint32
				loss[i+j], declined = b.alone(i+j, grad, labelGrad, z, t, index, scratch, spec.Factor(scale, i+j))
				rejected = rejected&^(1<<j) | min(declined, 1)<<j
			}
		}
		if bad := eachRejected(rejected, i, rows, row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// gather makes the tile of rows of logits z with the labels t or of an index, and returns how many
// columns it has.
func (b *nearRows[T]) gather(z, t []T, index []int, rows int) (columns int) {
	s, h := b.s, b.h
	if t == nil {
		gather := b.v.sparsemaxHotGather
		if b.n == 2 {
			gather = b.v.entmaxHotGather
		}
		return gather(&s.z[0], &s.out[0], &h.at[0], &b.counts[0], &h.z[0], &h.t[0], &z[0], b.k, rows, &index[0])
	}
	gather := b.v.sparsemaxGather
	if b.n == 2 {
		gather = b.v.entmaxGather
	}
	return gather(&s.z[0], &s.t[0], &s.out[0], &h.at[0], &b.counts[0], &h.z[0], &h.t[0], &z[0], &t[0], b.k, rows)
}

// indexed stores the losses of rows of an index, and in grad, unless that is nil, their gradients.
// It returns the bits of the rows that it rejects.
func (b *nearRows[T]) indexed(grad []T, index []int, f *T, columns, w int) (rejected uint32) {
	run, s, h := b.v.sparsemaxHotNearTile, b.s, b.h
	if b.n == 2 {
		run = b.v.entmaxHotNearTile
	}
	for j := range w {
		s.t[j] = 1
	}
	clear(s.t[w : columns*w])
	rejected = run(&s.e[0], &h.h[0], &s.z[0], &s.t[0], columns, f, &s.padLoss[0], &h.z[0], &h.t[0])
	if grad != nil {
		b.v.sparseScatter(&grad[0], b.k, len(index), &s.e[0], &h.at[0], &b.counts[0], &index[0])
	}
	return rejected
}

// labelled is indexed for rows with the labels t, and in labelGrad, unless that is nil, stores the
// gradients by them. spare is room for gradients that nobody wants.
func (b *nearRows[T]) labelled(grad, labelGrad, z, t, spare []T, f *T, columns, rows int) (rejected uint32) {
	near, far, s, h, w := b.v.sparsemaxNearTile, b.v.sparsemaxFar, b.s, b.h, maxDoubles
	if b.n == 2 {
		near, far = b.v.entmaxNearTile, b.v.entmaxFar
	}
	e, byLabel, loss, top, start := &s.e[0], first(s.labelsFrom(0, labelGrad != nil)), &s.padLoss[0], &h.z[0], &h.t[0]
	one, shift, step := &h.lane[0], &h.lane[w], b.k
	if grad == nil {
		grad, step = spare, 0
	}
	return near(e, byLabel, &h.h[0], &s.z[0], &s.t[0], columns, f, loss, top, start, one, shift) |
		far(&grad[0], step, first(labelGrad), &z[0], &t[0], b.k, rows, e, byLabel, &h.at[0], &b.counts[0],
			top, start, one, shift, f, loss)
}

// alone computes row j of all as [Sparse] does.
func (b *nearRows[T]) alone(j int, grad, labelGrad, z, t []T, index []int, scratch []T, f float64) (
	loss float64, rejected uint32) {
	k := b.k
	g, x := &scratch[k+16], &z[j*k]
	if grad != nil {
		g = &grad[j*k]
	}
	if t == nil {
		run := b.v.sparsemaxIndex
		if b.n == 2 {
			run = b.v.entmaxIndex
		}
		return run(g, x, k, index[j], &scratch[0], f)
	}
	run := b.v.sparsemaxRow
	if b.n == 2 {
		run = b.v.entmaxRow
	}
	return run(g, first(spec.Row(labelGrad, j, k)), x, &t[j*k], k, &scratch[0], f)
}
