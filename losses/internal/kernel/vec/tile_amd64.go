//go:build !purego

package vec

import (
	"math/bits"
	"sync"

	"softloss/losses/internal/kernel/spec"
)

const (
	tileCols = 64 // most classes that go into a tile
	tileRows = 16 // most rows: the lanes of the widest vector
)

// inTiles reports whether rows of k classes are computed in tiles, several at once: otherwise a row
// fills enough vectors.
func inTiles[T spec.Float](k int) bool {
	if spec.Size[T]() == 8 {
		return k <= 40
	}
	return k <= tileCols
}

// tile is scratch memory for a block of as many rows as a vector has lanes. z, t, e and h hold
// it transposed: element c*lanes+i belongs to row i, column c. lane holds what a row has one of.
type tile[T spec.Float] struct {
	z, t, e, h [tileCols * tileRows]T
	lane       [lanesPerRow * tileRows]T
	par        [2]T // of a loss

	padZ, padT, padG [tileCols * tileRows]T // rows of a last, smaller block
}

// tiler moves rows of elements T to and from tiles of A, which are as wide as its vectors of A.
type tiler[T, A spec.Float] interface {
	lanes() int
	tileIn(dst *A, src *T, k int)
	tileOut(dst *T, src *A, k int)
}

var tilePool32, tilePool64 sync.Pool

func getTile[T spec.Float]() *tile[T] {
	pool := &tilePool64
	if spec.Size[T]() == 4 {
		pool = &tilePool32
	}
	if t, ok := pool.Get().(*tile[T]); ok {
		return t
	}
	return new(tile[T])
}

func putTile[T spec.Float](t *tile[T]) {
	if spec.Size[T]() == 4 {
		tilePool32.Put(t)
	} else {
		tilePool64.Put(t)
	}
}

// numbers returns number which of all rows, one a lane.
func (s *tile[T]) numbers(which, lanes int) []T { return s.lane[which*lanes : (which+1)*lanes] }

// overlap returns how many elements behind those of a tile of rows of k the kernels touch that move
// them, 16 bytes of A at a time.
func overlap[A spec.Float](k int) int { return max(0, 16/spec.Size[A]()-k) }

// tileIn transposes the first n rows of x, lanes of them or fewer, into dst; pad is room for a
// copy, where they are fewer or too little is behind them.
func tileIn[T, A spec.Float](u tiler[T, A], dst []A, x []T, n int, pad []T, k int) {
	if w := u.lanes(); n < w || len(x) < w*k+overlap[A](k) {
		m := copy(pad, x[:n*k])
		clear(pad[m : w*k])
		x = pad
	}
	u.tileIn(&dst[0], &x[0], k)
}

// tileOut transposes src into the rows of x, perhaps over what is behind them: rows that come later.
func tileOut[T, A spec.Float](u tiler[T, A], x []T, src []A, pad []T, k int) {
	if size := u.lanes() * k; len(x) < size+overlap[A](k) {
		u.tileOut(&pad[0], &src[0], k)
		copy(x, pad[:size])
		return
	}
	u.tileOut(&x[0], &src[0], k)
}

// setScale gives every lane the factor of its row, from row i on.
func setScale[T, A spec.Float](s *tile[A], scale []T, i, n, lanes int) {
	setLane(s.numbers(laneScale, lanes), scale, i, n)
}

// setLane stores in to the numbers x of the rows [i, i+n), which have one each or one for all.
func setLane[T, A spec.Float](to []A, x []T, i, n int) {
	if len(x) == 1 {
		for j := range to {
			to[j] = A(x[0])
		}
		return
	}
	for j, v := range x[i : i+n] {
		to[j] = A(v)
	}
}

// setTarget fills the tile of targets with the rows [i, i+n): labels t, or the one-hot rows of
// index where t is nil.
func setTarget[T, A spec.Float](u tiler[T, A], s *tile[A], t []T, pad []T, index []int, i, n, k int) {
	if t != nil {
		tileIn(u, s.t[:], t[i*k:], n, pad, k)
		return
	}
	w := u.lanes()
	clear(s.t[:k*w])
	for j, y := range index[i : i+n] {
		s.t[y*w+j] = 1
	}
}

// eachRejected runs row on the rows that have a bit in mask, of the rows [i, i+n), until it returns
// false, as it does for a row with an invalid label: that row is returned, else -1.
func eachRejected(mask uint32, i, n int, row func(j int) (valid bool)) (bad int) {
	for m := mask & (1<<n - 1); m != 0; m &= m - 1 {
		if j := i + bits.TrailingZeros32(m); !row(j) {
			return j
		}
	}
	return -1
}
