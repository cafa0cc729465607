//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Of a row of an index only the classes that may have a probability matter, and that of the index:
// these go into a tile.

const (
	mostNear = 128 // columns at most; rows of more classes that may have a probability are computed alone
	nearPart = 512 // how many classes are looked at together
)

// nearRows are the rows of a tile.
type nearRows[T spec.Float] struct {
	n      int             // of the map
	s      *tile[T]        // its first column is of the index
	h      *tile[float64]  // has at most the largest logits in z, where search starts in t, and room in h
	w      int             // rows
	counts [maxDoubles]int // of the columns behind the first, -1 for a row for itself
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
	for i := 0; i < len(loss); i += b.w {
		rows := min(b.w, len(loss)-i)
		columns := b.gather(v, z[i*k:(i+rows)*k], index[i:i+rows], k)
		f, _ := rowFactors(scale, s.padScale[:], i, rows, b.w)
		rejected := run(&s.e[0], &h.h[0], &s.z[0], &s.t[0], columns, f, &s.padLoss[0], &h.z[0], &h.t[0])
		copy(loss[i:], s.padLoss[:rows])
		for j, y := range index[i : i+rows] {
			g := spec.Row(grad, i+j, k)
			switch {
			case b.counts[j] < 0:
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

// gather stores the rows of logits z and of an index in the tile, and returns how many columns it
// has.
func (b *nearRows[T]) gather(v wide[T], z []T, index []int, k int) (columns int) {
	top, s, w := v.sparsemaxTop, b.s, b.w
	if b.n == 2 {
		top = v.entmaxTop
	}
	columns = 1
	b.counts = [maxDoubles]int{}
	for j, y := range index {
		x := z[j*k : (j+1)*k]
		most, start := top(&x[0], k)
		b.h.z[j], b.h.t[j] = most, start
		s.z[j] = x[y]
		least := most - float64(b.n)*(1+start)
		b.counts[j] = b.near(x, y, j, T(least-0x1p-20*math.Abs(least)-0x1p-100)) // no larger, rounded
		columns = max(columns, b.counts[j]+1)
	}
	for j, count := range b.counts[:w] {
		if s.t[j] = 1; count < 0 || j >= len(index) { // one class
			s.z[j], b.h.z[j], b.h.t[j] = 0, 0, 0
		}
		for c := max(count, 0) + 1; c < columns; c++ {
			s.z[c*w+j] = T(math.Inf(-1))
		}
	}
	clear(s.t[w : columns*w])
	return columns
}

// near stores in row j of the tile, from its second column on, the logits of x that are not below
// least, but that of class y. It returns how many these are, or -1 where there is no room for them.
func (b *nearRows[T]) near(x []T, y, j int, least T) (count int) {
	u, s, at := unitOf[T](), b.s, b.h.at[j*mostNear:][:mostNear-1]
	for lo := 0; lo < len(x); lo += nearPart {
		part := x[lo:min(lo+nearPart, len(x))]
		for _, c := range s.at[:u.above(&s.at[0], &part[0], len(part), least)] {
			switch c := lo + int(c); {
			case c == y:
			case count == len(at):
				return -1
			default:
				at[count] = int32(c)
				count++
				s.z[count*b.w+j] = x[c]
			}
		}
	}
	return count
}

// scatter stores the gradient of row j, of class y, in g.
func (b *nearRows[T]) scatter(g []T, j, y int) {
	clear(g)
	e := b.s.e[j:]
	for c, at := range b.h.at[j*mostNear:][:b.counts[j]] {
		g[at] = e[(c+1)*b.w]
	}
	g[y] = e[0]
}
