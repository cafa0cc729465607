//go:build !purego

package kernel

import (
	"math/bits"
	"sync"
)

const (
	tileCols = 64 // most classes that go into a tile
	tileRows = 16 // most rows: the lanes of the widest vector
)

// inTiles reports whether rows of k classes are computed in tiles, several at once: otherwise a row fills enough vectors.
func inTiles[T Float](k int) bool {
	if sizeOf[T]() == 8 {
		return k <= 40
	}
	return k <= tileCols
}

// tile is scratch memory for a block of as many rows as a vector has lanes. z, t, e and h hold
// it transposed: element c*lanes+i belongs to row i, column c. lane holds what a row has one of.
type tile[T Float] struct {
	z, t, e, h [tileCols * tileRows]T
	lane       [lanesPerRow * tileRows]T

	padZ, padT, padG [tileCols * tileRows]T // rows of a last, smaller block
}

// tiler moves rows of elements T to and from tiles of A, which are as wide as its vectors of A.
type tiler[T, A Float] interface {
	lanes() int
	tileIn(dst *A, src *T, k int)
	tileOut(dst *T, src *A, k int)
}

// The numbers of a row, in the order of _asm.
const (
	laneScale = iota // factor of the gradient, set before
	laneMax          // M
	laneLog          // log1p(r)
	laneTop          // 1/(1+r)
	laneRest         // r/(1+r)
	laneCoef         // p = coef e
	laneLoss         // the loss
	laneMass         // Σ -t φ'(l) without the maximum
	laneOwn          // the label of the maximum
	laneSlope        // φ' at the maximum
	lanesPerRow
)

var tilePool32, tilePool64 sync.Pool

func getTile[T Float]() *tile[T] {
	pool := &tilePool64
	if _, ok := any(T(0)).(float32); ok {
		pool = &tilePool32
	}
	if t, ok := pool.Get().(*tile[T]); ok {
		return t
	}
	return new(tile[T])
}

func putTile[T Float](t *tile[T]) {
	if _, ok := any(T(0)).(float32); ok {
		tilePool32.Put(t)
	} else {
		tilePool64.Put(t)
	}
}

// numbers returns number which of all rows, one a lane.
func (s *tile[T]) numbers(which, lanes int) []T { return s.lane[which*lanes : (which+1)*lanes] }

// tileIn transposes the rows of x, lanes of them or fewer, into dst; pad is room for a smaller block.
func tileIn[T, A Float](u tiler[T, A], dst []A, x, pad []T, k int) {
	w := u.lanes()
	if len(x) < w*k {
		n := copy(pad, x)
		clear(pad[n : w*k])
		x = pad
	}
	if k*sizeOf[A]() >= 16 {
		u.tileIn(&dst[0], &x[0], k)
		return
	}
	for i := range w {
		for c := range k {
			dst[c*w+i] = A(x[i*k+c])
		}
	}
}

// tileOut transposes src into the rows of x.
func tileOut[T, A Float](u tiler[T, A], x []T, src []A, pad []T, k int) {
	w := u.lanes()
	out := x
	if len(x) < w*k {
		out = pad
	}
	if k*sizeOf[A]() >= 16 {
		u.tileOut(&out[0], &src[0], k)
	} else {
		for i := range len(x) / k {
			for c := range k {
				out[i*k+c] = T(src[c*w+i])
			}
		}
	}
	if len(x) < w*k {
		copy(x, pad)
	}
}

func sizeOf[T Float]() int {
	if _, ok := any(T(0)).(float32); ok {
		return 4
	}
	return 8
}

// setScale gives every lane the factor of its row, from row i on.
func setScale[T, A Float](s *tile[A], scale []T, i, n, lanes int) {
	f := s.numbers(laneScale, lanes)
	if len(scale) == 1 {
		for j := range f {
			f[j] = A(scale[0])
		}
		return
	}
	for j, v := range scale[i : i+n] {
		f[j] = A(v)
	}
}

// setTarget fills the tile of targets with the rows [i, i+n): labels t, or the one-hot rows of index where t is nil.
func setTarget[T, A Float](u tiler[T, A], s *tile[A], t []T, pad []T, index []int, i, n, k int) {
	if t != nil {
		tileIn(u, s.t[:], t[i*k:(i+n)*k], pad, k)
		return
	}
	w := u.lanes()
	clear(s.t[:k*w])
	for j, y := range index[i : i+n] {
		s.t[y*w+j] = 1
	}
}

// crossEntropyTiles is for labels t, or for index where t is nil.
func crossEntropyTiles[T Float](u unit[T], loss []float64, grad, z, t []T, index []int, scale []T, k int) (bad int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(u, s.z[:], z[lo:hi], s.padZ[:], k)
		setTarget(u, s, t, s.padT[:], index, i, n, k)
		var weird, invalid uint32
		if grad != nil {
			setScale(s, scale, i, n, w)
			weird, invalid = u.tileCrossEntropyGrad(&s.e[0], &s.z[0], &s.t[0], k, &s.lane[0])
			tileOut(u, grad[lo:hi], s.e[:], s.padG[:], k)
		} else {
			weird, invalid = u.tileCrossEntropy(&s.z[0], &s.t[0], k, &s.lane[0])
		}
		for j, l := range s.numbers(laneLoss, w)[:n] {
			loss[i+j] = float64(l)
		}
		for m := (weird | invalid) & (1<<n - 1); m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros32(m)
			if t == nil {
				crossEntropyIndex(loss[j:j+1], rowOf(grad, j, k), rowOf(z, j, k), index[j:j+1], factor(scale, j), k)
			} else if crossEntropy(loss[j:j+1], rowOf(grad, j, k), rowOf(z, j, k), rowOf(t, j, k), factor(scale, j), k) >= 0 {
				return j
			}
		}
	}
	return -1
}

// maeTiles computes in float64.
func maeTiles[T Float](v wide[T], loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	u, s, pad, w := doubles(), getTile[float64](), getTile[T](), v.lanes()
	defer putTile(s)
	defer putTile(pad)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(v, s.z[:], z[lo:hi], pad.padZ[:], k)
		tileIn(v, s.t[:], t[lo:hi], pad.padT[:], k)
		setScale(s, scale, i, n, w)
		weird := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		invalid := u.tileMAE(&s.e[0], &s.z[0], &s.t[0], k, &s.lane[0])
		if grad != nil {
			tileOut(v, grad[lo:hi], s.e[:], pad.padG[:], k)
		}
		copy(loss[i:i+n], s.numbers(laneLoss, w))
		for m := (weird | invalid) & (1<<n - 1); m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros32(m)
			if mae(loss[j:j+1], rowOf(grad, j, k), rowOf(z, j, k), rowOf(t, j, k), factor(scale, j), scratch, k) >= 0 {
				return j
			}
		}
	}
	return -1
}

// smoothTiles is Smooth for few classes.
func smoothTiles[T Float](u unit[T], dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(t)/k; i += w {
		n := min(w, len(t)/k-i)
		lo, hi := i*k, (i+n)*k
		tileIn(u, s.t[:], t[lo:hi], s.padT[:], k)
		invalid := u.tileSmooth(&s.t[0], k, T(keep), T(cut), T(add), T(addMass)) & (1<<n - 1)
		// Rows that the tile is no good for go by way of padZ: dst may be t, and the tile is stored over it.
		bad = -1
		for m := invalid; m != 0 && bad < 0; m &= m - 1 {
			j := bits.TrailingZeros32(m)
			if smooth(rowOf(s.padZ[:], j, k), rowOf(t, i+j, k), keep, cut, add, addMass, k) >= 0 {
				bad, invalid = i+j, invalid&(1<<j-1)
			}
		}
		tileOut(u, dst[lo:hi], s.t[:], s.padG[:], k)
		for m := invalid; m != 0; m &= m - 1 {
			j := bits.TrailingZeros32(m)
			copy(rowOf(dst, i+j, k), rowOf(s.padZ[:], j, k))
		}
		if bad >= 0 {
			return bad
		}
	}
	return -1
}

func softmaxTiles[T Float](u unit[T], dst, z []T, k int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(z)/k; i += w {
		n := min(w, len(z)/k-i)
		lo, hi := i*k, (i+n)*k
		tileIn(u, s.z[:], z[lo:hi], s.padZ[:], k)
		weird := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		u.tileSoftmax(&s.e[0], &s.z[0], k, &s.lane[0])
		tileOut(u, dst[lo:hi], s.e[:], s.padG[:], k)
		for m := weird & (1<<n - 1); m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros32(m)
			softmax(rowOf(dst, j, k), rowOf(z, j, k), k)
		}
	}
}

func logSoftmaxTiles[T Float](u unit[T], dst, z []T, k int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(z)/k; i += w {
		n := min(w, len(z)/k-i)
		lo, hi := i*k, (i+n)*k
		tileIn(u, s.z[:], z[lo:hi], s.padZ[:], k)
		weird := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		u.tileShift(&s.e[0], &s.z[0], k, &s.lane[0])
		tileOut(u, dst[lo:hi], s.e[:], s.padG[:], k)
		for m := weird & (1<<n - 1); m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros32(m)
			logSoftmax(rowOf(dst, j, k), rowOf(z, j, k), k)
		}
	}
}

func logSumExpTiles[T Float](u unit[T], dst, z []T, k int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(dst); i += w {
		n := min(w, len(dst)-i)
		tileIn(u, s.z[:], z[i*k:(i+n)*k], s.padZ[:], k)
		weird := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		top, log := s.numbers(laneMax, w), s.numbers(laneLog, w)
		for j := range n {
			dst[i+j] = T(float64(top[j]) + float64(log[j]))
		}
		for m := weird & (1<<n - 1); m != 0; m &= m - 1 {
			j := i + bits.TrailingZeros32(m)
			logSumExp(dst[j:j+1], rowOf(z, j, k), k)
		}
	}
}
