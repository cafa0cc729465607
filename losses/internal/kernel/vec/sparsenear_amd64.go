//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// What a sparse map makes of a row depends on the classes that may have a probability: these go
// into a tile. Of rows of an index only these matter, and that of the index.

// nearRows are the rows of a tile.
type nearRows[T spec.Float] struct {
	n      int             // of the map
	s      *tile[T]        // its first column is of the index, where there is one
	h      *tile[float64]  // has at most the largest logits in z, where search starts in t, and room in h
	w      int             // rows
	counts [maxDoubles]int // of the other columns, mostNear for a row for itself
}

// sparseNear is [Sparse] for rows of an index.
func sparseNear[T spec.Float](n int, loss []float64, grad, z []T, index []int, scale, scratch []T, k int,
	row func(j int) (valid bool)) (bad int) {
	v, b := wideOf[T](), nearRows[T]{n: n, s: getTile[T](), h: getTile[float64](), w: sparseTiler[T]().lanes()}
	defer putTile(b.s)
	defer putTile(b.h)
	run, alone := v.sparsemaxNearTile, v.sparsemaxIndex
	if n == 2 {
		run, alone = v.entmaxNearTile, v.entmaxIndex
	}
	s, h := b.s, b.h
	for j := range b.w {
		s.t[j] = 1
	}
	for i := 0; i < len(loss); i += b.w {
		rows := min(b.w, len(loss)-i)
		columns := b.gather(v, z[i*k:(i+rows)*k], index[i:i+rows], rows, k)
		clear(s.t[b.w : columns*b.w])
		f, _ := rowFactors(scale, s.padScale[:], i, rows, b.w)
		rejected := run(&s.e[0], &h.h[0], &s.z[0], &s.t[0], columns, f, &s.padLoss[0], &h.z[0], &h.t[0])
		copy(loss[i:], s.padLoss[:rows])
		for j, y := range index[i : i+rows] {
			g := spec.Row(grad, i+j, k)
			switch {
			case b.alone(j):
				if g == nil {
					g = scratch[k+16:]
				}
				var declined uint32
				loss[i+j], declined = alone(&g[0], &z[(i+j)*k], k, y, &scratch[0], spec.Factor(scale, i+j))
				rejected = rejected&^(1<<j) | min(declined, 1)<<j
			case g != nil:
				b.scatter(g, j, y)
			}
		}
		if bad := eachRejected(rejected, i, rows, row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// gather stores the rows of logits z and of an index, unless that is nil, in the tile, and returns
// how many columns it has.
func (b *nearRows[T]) gather(v wide[T], z []T, index []int, rows, k int) (columns int) {
	gather := v.sparsemaxGather
	if b.n == 2 {
		gather = v.entmaxGather
	}
	return gather(&b.s.z[0], &b.s.out[0], &b.h.at[0], &b.counts[0], &b.h.z[0], &b.h.t[0], &z[0], k, rows, first(index))
}

// alone reports whether row j has too many columns.
func (b *nearRows[T]) alone(j int) bool { return b.counts[j] == mostNear }

// classes returns which the columns of row j are, but that of the index.
func (b *nearRows[T]) classes(j int) []int32 { return b.h.at[j*nearStride:][:b.counts[j]] }

// scatter stores the gradient of row j, of class y, in g.
func (b *nearRows[T]) scatter(g []T, j, y int) {
	clear(g)
	e := b.s.e[j:]
	for c, at := range b.classes(j) {
		g[at] = e[(c+1)*b.w]
	}
	g[y] = e[0]
}

// sparseNearLabels is [Sparse] for rows with labels.
func sparseNearLabels[T spec.Float](n int, loss []float64, grad, labelGrad, z, t, scale, scratch []T, k int,
	row func(j int) (valid bool)) (bad int) {
	v, b := wideOf[T](), nearRows[T]{n: n, s: getTile[T](), h: getTile[float64](), w: sparseTiler[T]().lanes()}
	defer putTile(b.s)
	defer putTile(b.h)
	search, run, alone := v.sparsemaxSearch, v.sparsemaxRowAt, v.sparsemaxRow
	if n == 2 {
		search, run, alone = v.entmaxSearch, v.entmaxRowAt, v.entmaxRow
	}
	s, h, w := b.s, b.h, b.w
	top, ties, one, shift := h.z[:w], h.lane[:w], h.lane[w:2*w], h.lane[2*w:3*w]
	for i := 0; i < len(loss); i += w {
		rows := min(w, len(loss)-i)
		columns := b.gather(v, z[i*k:(i+rows)*k], nil, rows, k)
		rejected := search(&h.h[0], &s.z[0], columns, &top[0], &h.t[0], &ties[0], &one[0], &shift[0])
		for j := range rows {
			x, y, g, l := &z[(i+j)*k], &t[(i+j)*k], &scratch[k+16], first(spec.Row(labelGrad, i+j, k))
			if grad != nil {
				g = &grad[(i+j)*k]
			}
			f, declined := spec.Factor(scale, i+j), rejected>>j&1
			switch {
			case b.alone(j):
				loss[i+j], declined = alone(g, l, x, y, k, &scratch[0], f)
			case declined == 0:
				loss[i+j], declined = run(g, l, x, y, k, b.top(j), top[j], ties[j], one[j], shift[j], f)
			}
			if declined != 0 && !row(i+j) {
				return i + j
			}
		}
	}
	return -1
}

// top returns where row j has its largest logit, and 0 for one without.
func (b *nearRows[T]) top(j int) int {
	for c, at := range b.classes(j) {
		if float64(b.s.z[c*b.w+j]) == b.h.z[j] {
			return int(at)
		}
	}
	return 0
}
