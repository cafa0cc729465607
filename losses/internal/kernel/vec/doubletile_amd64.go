//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// A tilePart is one of the tiles that lie in the memory of one: there are its first elements, in z,
// t, e, h and out, and the first of its rows' numbers.
type tilePart[T spec.Float] struct {
	*tile[T]
	first, rows int
}

// partOf returns tile number i of those of k columns and w rows.
func (s *tile[T]) partOf(i, k, w int) tilePart[T] {
	return tilePart[T]{s, i * k * w, i * lanesPerRow * w}
}

// numbers returns number which of all rows, one a lane.
func (s tilePart[T]) numbers(which, w int) []T { return numbersOf(s.lane[s.rows:], which, w) }

// labels returns where the gradients by the labels of the tile are stored where they are wanted, or
// nil.
func (s tilePart[T]) labels(wanted bool) []T {
	if !wanted {
		return nil
	}
	return s.out[s.first:]
}

// doubleTiles computes a loss in float64, or with the digits of u, for labels t, or for index where
// t is nil. For the tile s of rows from i on, terms stores the losses, -t φ'(l) in s.h and what
// tileCombine takes; rejected has the bits of the rows that are for the specification, which row
// runs on row j; it returns false for an invalid label. For labelGrad see doubleTilesBy.
func doubleTiles[T spec.Float](
	u double, v wide[T], loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	terms func(u double, s tilePart[float64], loss []float64, i, w int) (rejected uint32),
	row func(j int) (valid bool)) (bad int) {
	return doubleTilesBy(u, v, loss, grad, labelGrad, z, t, index, scale, k, terms, func(s tilePart[float64]) {
		u.tileCombine(&s.e[s.first], &s.h[s.first], &s.z[s.first], &s.t[s.first], k, &s.lane[s.rows])
	}, row)
}

// doubleTilesBy is doubleTiles where each stores the losses and, in s.e, the gradients, and unless
// labelGrad is nil those by the labels in what s.labels returns; or where combine, unless it is
// nil, stores the gradients, after each of all tiles: their numbers come out of long chains, for
// which the next tile need not wait.
func doubleTilesBy[T spec.Float](
	u double, v wide[T], loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	each func(u double, s tilePart[float64], loss []float64, i, w int) (rejected uint32),
	combine func(s tilePart[float64]), row func(j int) (valid bool)) (bad int) {
	s, pad, w, io := getTile[float64](), getTile[T](), v.lanes(), tiler[T, float64](v)
	defer putTile(s)
	defer putTile(pad)
	most := max(2, tilesAt(k)) * w // a tile of float64 takes half of the memory at most
	for i := 0; i < len(loss); i += most {
		n := min(most, len(loss)-i)
		lo, hi, tiles := i*k, (i+n)*k, tilesOf(n, w)
		tileIn(io, s.z[:], z[lo:], n, pad.padZ[:], k)
		setTarget(io, s, t, pad.padT[:], index, i, n, k)
		u.tileStats(&s.e[0], &s.z[0], k, tiles, &s.declined[0], &s.lane[0])
		for j := range tiles {
			x, first := s.partOf(j, k, w), i+j*w
			rows := min(w, i+n-first)
			setLane(x.numbers(laneScale, w), scale, first, rows)
			s.declined[j] |= each(u, x, loss[first:first+rows], first, w)
		}
		if grad != nil {
			for j := 0; combine != nil && j < tiles; j++ {
				combine(s.partOf(j, k, w))
			}
			tileOut(io, grad[lo:hi], s.e[:], n, pad.padG[:], k)
		}
		if labelGrad != nil {
			tileOut(io, labelGrad[lo:hi], s.out[:], n, pad.padG[:], k)
		}
		if bad := s.eachDeclined(i, n, w, row); bad >= 0 {
			return bad
		}
	}
	return -1
}
