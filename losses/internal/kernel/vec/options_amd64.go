//go:build !purego

package vec

import (
	"math"
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// Together reports whether [CrossEntropyRows] is for rows of k classes.
func Together[T spec.Float](k int) bool { return inTiles[T](k) || inBlocks(unitOf[T](), k) }

// CrossEntropyRows is [CrossEntropyRow] for rows that are computed several at once, with a factor
// and an extra for all rows or one a row, nil for 0. It reports whether all were ordinary: lse is
// NaN of those that were not, and what else is stored for them means nothing. Without an extra lse
// is 0 of the others.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	u := unitOf[T]()
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	if extra == nil {
		clear(lse)
	}
	o := optionRows[T]{p, loss, lse, grad, z, t, index, scale, extra, k}
	if inTiles[T](k) {
		return o.inTiles(u, s, w)
	}
	return o.inBlocks(u, s, w)
}

// optionRows are the arguments of CrossEntropyRows.
type optionRows[T spec.Float] struct {
	p            *spec.Prepared[T]
	loss, lse    []float64
	grad, z, t   []T
	index        []int
	scale, extra []T
	k            int
}

func (o *optionRows[T]) inTiles(u unit[T], s *tile[T], w int) (all bool) {
	all = true
	io, k := tiler[T, T](u), o.k
	for i, n := 0, 0; i < len(o.loss); i += n {
		n = min(tilesAt(k)*w, len(o.loss)-i)
		tileIn(io, s.z[:], o.z[i*k:], n, s.padZ[:], k)
		setTarget(io, s, o.t, s.padT[:], o.index, i, n, k)
		sums, logs, tiles := o.loss[i:i+n], o.lse[i:i+n], tilesOf(n, w)
		if n&(w-1) != 0 {
			sums, logs = s.padLoss[:n], s.padLSE[:n]
		}
		f, step := rowFactors(o.scale, s.padScale[:], i, n, w)
		x, each := o.extras(s, i, n, w)
		switch p := o.p; {
		case p.Off():
			u.tileZLoss(&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, x, each, &sums[0], &logs[0], &s.declined[0],
				&s.lane[0])
		case p.Hi == nil:
			u.tileDivided(&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, x, each, &sums[0], &logs[0], &s.declined[0],
				&s.lane[0], p.Factor, p.FactorLow)
		default:
			u.tileShifted(&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, x, each, &sums[0], &logs[0], &s.declined[0],
				&s.lane[0], &p.Hi[0], &p.Low[0], p.Factor, p.FactorLow)
		}
		if o.grad != nil {
			tileOut(io, o.grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		copy(o.loss[i:], sums)
		o.keep(logs, i)
		for j, mask := range s.declined[:tiles] {
			all = o.decline(mask, i+j*w, min(w, n-j*w)) && all
		}
	}
	return all
}

func (o *optionRows[T]) inBlocks(u unit[T], s *tile[T], w int) (all bool) {
	all = true
	k := o.k
	for i := 0; i < len(o.loss); i += w {
		n := min(w, len(o.loss)-i)
		labels, to := s.hot[:], s.out[:]
		if o.t != nil {
			labels = o.t[i*k:]
		} else {
			s.setHot(o.index[i:i+n], k, 1)
		}
		if o.grad != nil {
			to = o.grad[i*k:]
		}
		f, _ := rowFactors(o.scale, s.padScale[:], i, n, w)
		x, _ := o.extras(s, i, n, w)
		var declined uint32
		switch p := o.p; {
		case p.Off():
			declined = u.blockZLoss(&to[0], &o.z[i*k], &labels[0], k, n, f, x, &s.padLoss[0], &s.padLSE[0], &s.sums[0],
				&s.lane[0])
		case p.Hi == nil:
			declined = u.blockDivided(&to[0], &o.z[i*k], &labels[0], k, n, f, x, &s.padLoss[0], &s.padLSE[0], &s.sums[0],
				&s.lane[0], p.Factor, p.FactorLow)
		default:
			declined = u.blockShifted(&to[0], &o.z[i*k], &labels[0], k, n, f, x, &s.padLoss[0], &s.padLSE[0], &s.sums[0],
				&s.lane[0], &p.Hi[0], &p.Low[0], p.Factor, p.FactorLow)
		}
		if o.t == nil {
			s.setHot(o.index[i:i+n], k, 0)
		}
		copy(o.loss[i:], s.padLoss[:n])
		o.keep(s.padLSE[:n], i)
		all = o.decline(declined, i, n) && all
	}
	return all
}

// extras is rowFactors for the extras.
func (o *optionRows[T]) extras(s *tile[T], i, n, w int) (at *T, step int) {
	if o.extra == nil {
		return nil, 0
	}
	return rowFactors(o.extra, s.padExtra[:], i, n, w)
}

// keep stores lse of the rows from row i on, where a kernel has stored it in logs.
func (o *optionRows[T]) keep(logs []float64, i int) {
	if o.extra != nil {
		copy(o.lse[i:], logs)
	}
}

// decline makes lse NaN of the rows that have a bit in mask, of the n rows from row i on, and
// reports whether there is none.
func (o *optionRows[T]) decline(mask uint32, i, n int) (none bool) {
	mask &= 1<<n - 1
	for m := mask; m != 0; m &= m - 1 {
		o.lse[i+bits.TrailingZeros32(m)] = math.NaN()
	}
	return mask == 0
}

// singleOf returns u, whose elements are float32.
func singleOf[T spec.Float](u unit[T]) single { return any(u).(single) }

// float returns x, which points to a float32.
func float[T spec.Float](x *T) *float32 { return any(x).(*float32) }
