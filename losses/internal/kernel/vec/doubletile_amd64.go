//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// doubleTiles computes a loss in float64, or with the digits of u, for labels t, or for index where
// t is nil. For the tile s of rows from i on, terms stores the losses, -t φ'(l) in s.h and what
// tileCombine takes; rejected has the bits of the rows that are for the specification, which row
// runs on row j; it returns false for an invalid label. For labelGrad see doubleTilesBy.
func doubleTiles[T spec.Float](
	u double, v wide[T], loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	terms func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32),
	row func(j int) (valid bool)) (bad int) {
	return doubleTilesBy(u, v, loss, grad, labelGrad, z, t, index, scale, k,
		func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32) {
			rejected = terms(u, s, loss, i, w)
			if grad != nil {
				u.tileCombine(&s.e[0], &s.h[0], &s.z[0], &s.t[0], k, &s.lane[0])
			}
			return rejected
		}, row)
}

// doubleTilesBy is doubleTiles where each stores the losses and, in s.e, the gradients, and unless
// labelGrad is nil those by the labels in what s.labels returns.
func doubleTilesBy[T spec.Float](
	u double, v wide[T], loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	each func(u double, s *tile[float64], loss []float64, i, w int) (rejected uint32),
	row func(j int) (valid bool)) (bad int) {
	s, pad, w, io := getTile[float64](), getTile[T](), v.lanes(), tiler[T, float64](v)
	defer putTile(s)
	defer putTile(pad)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(io, s.z[:], z[lo:], n, pad.padZ[:], k)
		setTarget(io, s, t, pad.padT[:], index, i, n, k)
		setScale(s, scale, i, n, w)
		rejected := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		rejected |= each(u, s, loss[i:i+n], i, w)
		if grad != nil {
			tileOut(io, grad[lo:hi], s.e[:], n, pad.padG[:], k)
		}
		if labelGrad != nil {
			tileOut(io, labelGrad[lo:hi], s.out[:], n, pad.padG[:], k)
		}
		if bad := eachRejected(rejected, i, n, row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// labels returns where the gradients by the labels of a tile are stored where they are wanted, or
// nil.
func (s *tile[T]) labels(wanted bool) []T {
	if !wanted {
		return nil
	}
	return s.out[:]
}
