//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// HasSparse reports whether there is [Sparse].
const HasSparse = true

// SparseScratch returns how many elements [Sparse] takes as scratch for rows of k classes:
// gradients that are not wanted, logits and a vector behind.
func SparseScratch(k int) int { return 2*k + 16 }

// Sparse computes the loss of a sparse map, sparsemax for n = 1 and entmax for n = 2, of rows with
// labels t or, where t is nil, class indices, and unless labelGrad is nil the gradients by the
// labels. scratch has as many elements as [SparseScratch] says. row is that of [NCE].
func Sparse[T spec.Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	row func(j int) (valid bool)) (bad int) {
	if inTiles[T](k) {
		return sparseTiles(n, loss, grad, labelGrad, z, t, index, scale, k, row)
	}
	return sparseNear(n, loss, grad, labelGrad, z, t, index, scale, scratch, k, row)
}

// sparseTiles is Sparse for few classes.
func sparseTiles[T spec.Float](n int, loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	row func(j int) (valid bool)) (bad int) {
	io, s, h := sparseTiler[T](), getTile[T](), getTile[float64]()
	defer putTile(s)
	defer putTile(h)
	v, w := wideOf[T](), io.lanes()
	run, ofIndex := v.sparsemaxTile, v.sparsemaxHotTile
	if n == 2 {
		run, ofIndex = v.entmaxTile, v.entmaxHotTile
	}
	most := tilesAt(k) * w
	for i := 0; i < len(loss); i += most {
		n := min(most, len(loss)-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		setTarget(io, s, t, s.padT[:], index, i, n, k)
		f, step := rowFactors(scale, s.padScale[:], i, n, w)
		e, z, labels, tiles, sums := &s.e[0], &s.z[0], &s.t[0], tilesOf(n, w), &s.padLoss[0]
		if t == nil {
			ofIndex(e, &h.h[0], z, labels, k, tiles, f, step, sums, &s.declined[0], &h.lane[0])
		} else {
			byLabel := first(s.labelsFrom(0, labelGrad != nil))
			run(e, byLabel, &h.h[0], z, labels, k, tiles, f, step, sums, &s.declined[0], &h.lane[0])
		}
		if grad != nil {
			tileOut(io, grad[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		}
		if labelGrad != nil {
			tileOut(io, labelGrad[i*k:(i+n)*k], s.out[:], n, s.padG[:], k)
		}
		copy(loss[i:], s.padLoss[:n])
		if bad := s.eachDeclined(i, n, w, row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// sparseTiler returns what moves the rows of the tiles of sparse maps: 8 at once, 4 of float64 with
// AVX2.
func sparseTiler[T spec.Float]() tiler[T, T] {
	var io any = f32AVX2{}
	if spec.Size[T]() == 8 {
		io = doubles()
	}
	return io.(tiler[T, T])
}
