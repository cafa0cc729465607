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

// labelsFrom returns where the gradients by the labels are stored of tiles of which the elements
// begin at first, where they are wanted, or nil.
func (s *tile[T]) labelsFrom(first int, wanted bool) []T {
	if !wanted {
		return nil
	}
	return s.out[first:]
}

// takeLosses copies number which of the rows of tiles of w.
func (s *tile[T]) takeLosses(which int, loss []T, w int) {
	for i := 0; i < len(loss); i += w {
		copy(loss[i:min(i+w, len(loss))], numbersOf(s.lane[i*lanesPerRow:], which, w))
	}
}

// doubleTiles computes a loss in float64, or with the digits of u, for labels t, for index where t
// is nil, or by what tiles knows itself where both are. For the tiles of n rows from i on, w at
// once, with what tileStats makes of their logits, tiles stores the losses and, in s.e, the
// gradients, and unless labelGrad is nil those by the labels in s.out. It adds to s.declined the
// rows that are for the specification, which row runs on row j; it returns false for an invalid
// label.
func doubleTiles[T spec.Float](
	u double, v wide[T], loss []float64, grad, labelGrad, z, t []T, index []int, scale []T, k int,
	tiles func(u double, s *tile[float64], i, n, w int), row func(j int) (valid bool)) (bad int) {
	s, pad, w, io := getTile[float64](), getTile[T](), v.lanes(), tiler[T, float64](v)
	defer putTile(s)
	defer putTile(pad)
	most := max(2, tilesAt(k)) * w // a tile of float64 takes half of the memory at most
	for i := 0; i < len(loss); i += most {
		n := min(most, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(io, s.z[:], z[lo:], n, pad.padZ[:], k)
		if t != nil || index != nil {
			setTarget(io, s, t, pad.padT[:], index, i, n, k)
		}
		u.tileStats(&s.e[0], &s.z[0], k, tilesOf(n, w), &s.declined[0], &s.lane[0])
		if i == 0 || len(scale) > 1 { // the one for all stays where it is
			for j := 0; j < n; j += w {
				setLane(s.lane[j*lanesPerRow+laneScale*w:][:w], scale, i+j, min(w, n-j))
			}
		}
		tiles(u, s, i, n, w)
		if grad != nil {
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
