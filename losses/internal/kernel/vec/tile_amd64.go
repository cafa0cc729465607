//go:build !purego

package vec

import (
	"math/bits"
	"sync"

	"softloss/losses/internal/kernel/spec"
)

const (
	tileCols    = 64   // most classes that go into a tile
	tileRows    = 16   // most rows: the lanes of the widest vector
	maxDoubles  = 8    // most rows of float64
	mostLabels  = 1280 // most bytes of an ordinary row in a block, with labels: beyond, they leave the first cache
	mostVectors = 16   // most vectors that a row of a block fills: beside more, what is done once a row is little
)

// inTiles reports whether rows of k classes are computed in tiles, several at once: otherwise a row
// fills enough vectors.
func inTiles[T spec.Float](k int) bool {
	if spec.Size[T]() == 8 {
		return k <= 40
	}
	return k <= tileCols
}

// mostTiles is how many tiles of few columns go into the memory of one.
const mostTiles = tileCols / 4

// tilesAt returns how many tiles of k columns do. They are moved four columns at a time.
func tilesAt(k int) int { return tileCols / max(k, 4) }

// rowsAt returns how many rows of k classes do, whatever vectors have for lanes.
func rowsAt(k int) int { return tilesAt(k) * tileRows }

// mostParts is how many tiles these may be: of the fewest lanes.
const mostParts = mostTiles * tileRows / 4

// apart is how many elements lie between the parts of a tile: AMD's caches take lines whose
// addresses differ by multiples of 4096 bytes for each other in some processes, where batches of
// few classes took up to half as long again.
const apart = 48

// tile is scratch memory for a block of as many rows as a vector has lanes, or several of few
// columns. z, t, e and h hold it transposed: element c*lanes+i belongs to row i, column c. lane
// holds what a row has one of, tile after tile.
type tile[T spec.Float] struct {
	z [tileCols * tileRows]T
	_ [apart]T
	t [tileCols * tileRows]T
	_ [apart]T
	e [tileCols * tileRows]T
	_ [apart]T
	h [tileCols * tileRows]T

	lane [mostTiles * lanesPerRow * tileRows]T

	padZ, padT, padG   [tileCols * tileRows]T // rows of a last, smaller block
	padScale, padExtra [mostTiles * tileRows]T
	padLoss, padLSE    [mostTiles * tileRows]float64
	padIndex           [mostTiles * tileRows]int

	sums  [blockSums * tileRows * tileRows]T   // the vectors that the rows of a block are summed up to
	hot   [mostVectors * tileRows * tileRows]T // the one-hot rows of a block; 0 otherwise
	out   [mostRow * tileRows / 4]T            // gradients of a block that nobody wants, or those of a tile by its labels
	terms [mostVectors * tileRows * tileRows]T // of the rows of a block

	exps     [maxDoubles * mostVectors * tileRows]float64 // of the rows of a block
	softmax  [softmaxNumbers * tileRows]float64           // of the rows of a block
	sumExps  [tileRows]float64                            // of the rows of a block
	coefs    [tileRows]float64                            // what makes probabilities of these
	losses   [tileRows]float64                            // and the losses of even and sure rows
	others   [tileRows]float64                            // the sums, of sure rows without the largest exponential
	tops     [tileRows]float64                            // how many times that is in others, then its gradient
	topLabel [tileRows]float64                            // the label there of sure rows, 0 of others
	class    [lanesPerRow * tileRows]float64              // and what the loss of that class is made of
	ordinary [ordinaryRows]rowNumbers
	rows     [tileRows]spec.SoftmaxOf       // of a block
	kl       [tileRows]klTerms              // of the rows of a block
	par      [2]T                           // of a loss
	at       [maxDoubles * nearStride]int32 // the classes of large p of a row, or those near the largest of several
	declined [mostParts]uint32              // the bits of the rows of each tile that are not for vectors
	odd      [mostParts]uint32              // and of those of which no labels are made
}

// klTerms are what klSingleTerms takes and stores of a row.
type klTerms struct {
	sum, size float64
	c, rest   float32
	least     float32
	_         float32
}

// tiler moves rows of elements T to and from tiles of A, which are as wide as its vectors of A, or
// makes them of classes.
type tiler[T, A spec.Float] interface {
	lanes() int
	tileIn(dst *A, src *T, k, tiles int)
	tileOut(dst *T, src *A, k, tiles int)
	tileHot(dst *A, index *int, k, tiles int)
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
func (s *tile[T]) numbers(which, lanes int) []T { return numbersOf(s.lane[:], which, lanes) }

// numbersOf returns number which of the rows that lane holds those of.
func numbersOf[T spec.Float](lane []T, which, lanes int) []T {
	return lane[which*lanes : (which+1)*lanes]
}

// overlap returns how many elements behind those of a tile of rows of k the kernels touch that move
// them, 16 bytes at a time.
func overlap[T spec.Float](k int) int { return max(0, 16/spec.Size[T]()-k) }

// tilesOf returns how many tiles of w rows n rows are, w a power of two.
func tilesOf(n, w int) int { return (n + w - 1) >> bits.TrailingZeros(uint(w)) }

// tileIn transposes the first n rows of x, of so many tiles as dst has room for, into it; pad is
// room for a copy, where the last tile has fewer rows or too little is behind it.
func tileIn[T, A spec.Float](u tiler[T, A], dst []A, x []T, n int, pad []T, k int) {
	tiles := tilesOf(n, u.lanes())
	if size := tiles * u.lanes() * k; n*k < size || len(x) < size+overlap[T](k) {
		m := copy(pad, x[:n*k])
		clear(pad[m:size])
		x = pad
	}
	u.tileIn(&dst[0], &x[0], k, tiles)
}

// tileOut transposes src into the first n rows of x, perhaps over what is behind them: rows that
// come later.
func tileOut[T, A spec.Float](u tiler[T, A], x []T, src []A, n int, pad []T, k int) {
	tiles := tilesOf(n, u.lanes())
	if len(x) < tiles*u.lanes()*k+overlap[T](k) {
		u.tileOut(&pad[0], &src[0], k, tiles)
		copy(x, pad[:n*k])
		return
	}
	u.tileOut(&x[0], &src[0], k, tiles)
}

// rowFactors returns where those of the n rows from row i on lie, of which there are one a row or
// one for all, and how many bytes behind those of a tile those of the next one do. pad is room for
// a copy.
func rowFactors[T spec.Float](scale, pad []T, i, n, w int) (f *T, step int) {
	switch {
	case len(scale) == 1:
		setLane(pad[:w], scale, i, n)
		return &pad[0], 0
	case n&(w-1) != 0:
		copy(pad, scale[i:i+n])
		return &pad[0], w * spec.Size[T]()
	}
	return &scale[i], w * spec.Size[T]()
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

// setTarget fills the tiles of targets with the rows [i, i+n): labels t, or the one-hot rows of
// index where t is nil.
func setTarget[T, A spec.Float](u tiler[T, A], s *tile[A], t []T, pad []T, index []int, i, n, k int) {
	if t != nil {
		tileIn(u, s.t[:], t[i*k:], n, pad, k)
		return
	}
	u.tileHot(&s.t[0], s.classes(index, i, n, u.lanes()), k, tilesOf(n, u.lanes()))
}

// classes returns where those of the rows [i, i+n) of an index lie, or nil where that is nil: of
// whole tiles of w rows.
func (s *tile[T]) classes(index []int, i, n, w int) *int {
	switch {
	case index == nil:
		return nil
	case n&(w-1) != 0:
		copy(s.padIndex[:], index[i:i+n])
		return &s.padIndex[0]
	}
	return &index[i]
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

// eachDeclined is eachRejected for the n rows from row i on of tiles of w rows.
func (s *tile[T]) eachDeclined(i, n, w int, row func(j int) (valid bool)) (bad int) {
	for j, mask := range s.declined[:tilesOf(n, w)] {
		if bad := eachRejected(mask, i+j*w, min(w, n-j*w), row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// eachOf runs row on n rows as eachRejected does on those of a mask.
func eachOf(n int, row func(j int) (valid bool)) (bad int) {
	for j := range n {
		if !row(j) {
			return j
		}
	}
	return -1
}

// rowNumbers is what the loss of an ordinary row is made of, as the assembly stores it: the largest
// logit m, at top, r, and of labels their mass, dot and less.
type rowNumbers struct {
	m, r, mass, dot, less float64
	top                   int
}

// ordinaryRows is how many rows the assembly computes at a call.
const ordinaryRows = 16

// inBlocks reports whether rows of k classes are computed where they lie, but as many at once as a
// vector has lanes: too many classes for tiles, and so few that what is done once a row counts.
func inBlocks[T spec.Float](u unit[T], k int) bool {
	return !inTiles[T](k) && k <= mostVectors*u.lanes()
}

// inOrdinaryBlocks is inBlocks for ordinary rows alone, of cross entropy.
func inOrdinaryBlocks[T spec.Float](k int, labels bool) bool {
	most := mostRow
	if labels {
		most = mostLabels
	}
	return !inTiles[T](k) && k*spec.Size[T]() <= most
}
