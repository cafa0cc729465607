//go:build !purego

package vec

import (
	"math"
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// Together reports whether [CrossEntropyRows] computes rows of k classes several at once, not
// ordinary ones too.
func Together[T spec.Float](k int) bool { return inTiles[T](k) || inOrdinaryBlocks[T](k, false) }

// CrossEntropyRows is [CrossEntropyRow] for many rows, with a factor and an extra for all rows or
// one a row, nil for 0. It reports whether all were ordinary: lse is NaN of those that were not,
// and what else is stored for them means nothing. Without an extra lse is 0 of the others.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	s := getTile[T]()
	defer putTile(s)
	o := optionRows[T]{p, loss, lse, grad, z, t, index, scale, extra, k}
	return o.compute(s, nil)
}

// CrossEntropyRowsLabels is [CrossEntropyRows] with labels and stores the gradients by them in
// labelGrad. It declines rows of which one would be NaN, too.
func CrossEntropyRowsLabels[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, labelGrad, z, t,
	scale, extra []T, k int, l spec.LabelGrads[T]) (all bool) {
	s := getTile[T]()
	defer putTile(s)
	o := optionRows[T]{p, loss, lse, grad, z, t, nil, scale, extra, k}
	return o.compute(s, &labelGrads[T]{l, labelGrad, k, s.lane[:]})
}

// CrossEntropyRowLabels is [CrossEntropyRow] with labels, and the gradients by them as those of
// [CrossEntropyRowsLabels].
func CrossEntropyRowLabels[T spec.Float](p *spec.Prepared[T], loss *float64, grad, labelGrad, z, t []T,
	f, extra float64, l spec.LabelGrads[T]) (lse float64, ok bool) {
	s := getTile[T]()
	defer putTile(s)
	o := labelGrads[T]{l, labelGrad, len(z), s.lane[:]}
	m, log, top, ok := crossEntropyRow(p, loss, grad, z, t, 0, f, extra)
	return m + log, ok && o.preparedRow(unitOf[T](), s, p, z, t, 0, m, log, top)
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

// compute computes them, and the gradients by the labels, too, unless l is nil.
func (o *optionRows[T]) compute(s *tile[T], l *labelGrads[T]) (all bool) {
	u := unitOf[T]()
	if o.extra == nil {
		clear(o.lse)
	}
	switch {
	case inTiles[T](o.k):
		return o.inTiles(u, s, u.lanes(), l)
	case inOrdinaryBlocks[T](o.k, false):
		return o.inBlocks(u, s, u.lanes(), l)
	}
	return o.inRows(u, s, l)
}

func (o *optionRows[T]) inTiles(u unit[T], s *tile[T], w int, l *labelGrads[T]) (all bool) {
	all = true
	io, k := tiler[T, T](u), o.k
	var f, x *T
	step, each, most := 0, 0, rowsAt(k)
	for i, n := 0, 0; i < len(o.loss); i += n {
		n = min(most, len(o.loss)-i)
		tileIn(io, s.z[:], o.z[i*k:], n, s.padZ[:], k)
		sums, logs, tiles := o.loss[i:i+n], o.lse[i:i+n], tilesOf(n, w)
		if n&(w-1) != 0 {
			sums, logs = s.padLoss[:n], s.padLSE[:n]
		}
		if i == 0 || step != 0 {
			f, step = rowFactors(o.scale, s.padScale[:], i, n, w)
		}
		if i == 0 || each != 0 {
			x, each = o.extras(s, i, n, w)
		}
		if o.t != nil {
			tileIn(io, s.t[:], o.t[i*k:], n, s.padT[:], k)
			o.tiles(u, s, tiles, f, step, x, each, &sums[0], &logs[0])
		} else {
			o.indexTiles(u, s, s.classes(o.index, i, n, w), tiles, f, step, x, each, &sums[0], &logs[0])
		}
		if o.grad != nil {
			tileOut(io, o.grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		if n&(w-1) != 0 {
			copy(o.loss[i:], sums)
			o.keep(logs, i)
		}
		if l != nil {
			l.preparedTiles(u, s, o.p, i, n, s.declined[:])
		}
		for j, mask := range s.declined[:tiles] {
			if mask != 0 {
				all = o.decline(mask, i+j*w, min(w, n-j*w)) && all
			}
		}
	}
	return all
}

// tiles runs the kernel for tiles with labels.
func (o *optionRows[T]) tiles(u unit[T], s *tile[T], tiles int, f *T, step int, x *T, each int, loss, lse *float64) {
	e, z, t, declined, lane := &s.e[0], &s.z[0], &s.t[0], &s.declined[0], &s.lane[0]
	switch p := o.p; {
	case p.Off():
		u.tileZLoss(e, z, t, o.k, tiles, f, step, x, each, loss, lse, declined, lane)
	case p.Hi == nil:
		u.tileDivided(e, z, t, o.k, tiles, f, step, x, each, loss, lse, declined, lane, p.Factor, p.FactorLow)
	default:
		u.tileShifted(e, z, t, o.k, tiles, f, step, x, each, loss, lse, declined, lane, &p.Hi[0], &p.Low[0], p.Factor,
			p.FactorLow)
	}
}

// indexTiles is tiles for the classes of an index.
func (o *optionRows[T]) indexTiles(
	u unit[T], s *tile[T], y *int, tiles int, f *T, step int, x *T, each int, loss, lse *float64) {
	e, z, declined, lane := &s.e[0], &s.z[0], &s.declined[0], &s.lane[0]
	switch p := o.p; {
	case p.Off():
		u.tileIndexZLoss(e, z, y, o.k, tiles, f, step, x, each, loss, lse, declined, lane)
	case p.Hi == nil:
		u.tileIndexDivided(e, z, y, o.k, tiles, f, step, x, each, loss, lse, declined, lane, p.Factor, p.FactorLow)
	default:
		u.tileIndexShifted(e, z, y, o.k, tiles, f, step, x, each, loss, lse, declined, lane, &p.Hi[0], &p.Low[0], p.Factor,
			p.FactorLow)
	}
}

func (o *optionRows[T]) inBlocks(u unit[T], s *tile[T], w int, l *labelGrads[T]) (all bool) {
	all = true
	for i := 0; i < len(o.loss); i += w {
		n := min(w, len(o.loss)-i)
		declined := o.ordinaryBlock(u, s, i, n, w)
		if l != nil && declined&(1<<n-1) != 1<<n-1 {
			declined |= l.prepared(u, s, o.p, o.z, o.t, i, n)
		}
		for j, end := nextRun(declined, 0, n); j < n; j, end = nextRun(declined, end, n) {
			if !inBlocks(u, o.k) {
				for ; j < end; j++ {
					all = o.one(u, s, i+j, l) && all
				}
				continue
			}
			mask := o.block(u, s, i+j, end-j, w)
			if l != nil {
				mask |= l.prepared(u, s, o.p, o.z, o.t, i+j, end-j)
			}
			all = o.decline(mask, i+j, end-j) && all
		}
	}
	return all
}

// inRows is for rows of many classes.
func (o *optionRows[T]) inRows(u unit[T], s *tile[T], l *labelGrads[T]) (all bool) {
	all = true
	for i := 0; ; i++ {
		if i += o.ordinary(u, s, i, l); i == len(o.loss) {
			return all
		}
		all = o.one(u, s, i, l) && all
	}
}

// one computes row i for itself, and reports whether it is not declined.
func (o *optionRows[T]) one(u unit[T], s *tile[T], i int, l *labelGrads[T]) (ok bool) {
	class, extra := 0, 0.0
	if o.t == nil {
		class = o.index[i]
	}
	if o.extra != nil {
		extra = spec.Factor(o.extra, i)
	}
	m, log, top, ok := crossEntropyRow(o.p, &o.loss[i], spec.Row(o.grad, i, o.k), spec.Row(o.z, i, o.k),
		spec.Row(o.t, i, o.k), class, spec.Factor(o.scale, i), extra)
	if ok = ok && (l == nil || l.preparedRow(u, s, o.p, o.z, o.t, i, m, log, top)); !ok {
		o.lse[i] = math.NaN()
	} else if o.extra != nil {
		o.lse[i] = m + log
	}
	return ok
}

// ordinary computes the rows from row i on that are ordinary ones, where there are gradients, and
// returns how many.
func (o *optionRows[T]) ordinary(u unit[T], s *tile[T], i int, l *labelGrads[T]) (done int) {
	if o.grad == nil {
		return 0
	}
	for j := i; j < len(o.loss); {
		n := min(ordinaryRows, len(o.loss)-j)
		rows := s.ordinary[:n]
		rows = rows[:ordinaryGrads(u, o.p, rows, o.grad, o.z, o.t, o.index, o.scale, o.extra, j, o.k)]
		for _, x := range rows {
			log, mass := log1p(x.r), 1.0
			if o.t != nil {
				mass = x.mass
				o.loss[j] = mass*log - x.dot
			} else {
				o.loss[j] = log - o.p.Less(spec.Row(o.z, j, o.k), o.index[j], x.top)
			}
			if o.extra != nil && spec.ShowsLost[T](mass, spec.Factor(o.extra, j), x.m+log) {
				return j - i
			}
			if l != nil && !l.preparedRow(u, s, o.p, o.z, o.t, j, x.m, log, x.top) {
				return j - i
			}
			if o.extra != nil {
				o.lse[j] = x.m + log
			}
			j++
		}
		if len(rows) < n {
			return j - i
		}
	}
	return len(o.loss) - i
}

// ordinaryBlock computes the n rows from row i on, and returns the bits of those that are not
// ordinary ones.
func (o *optionRows[T]) ordinaryBlock(u unit[T], s *tile[T], i, n, w int) (declined uint32) {
	k, p, to, z := o.k, o.p, o.gradFrom(s, i), &o.z[i*o.k]
	f, _ := rowFactors(o.scale, s.padScale[:], i, n, w)
	x, _ := o.extras(s, i, n, w)
	loss, lse, sums, lane := &s.padLoss[0], &s.padLSE[0], &s.sums[0], &s.lane[0]
	if o.t == nil {
		classes := o.index[i : i+n]
		for _, y := range classes {
			_ = o.z[:k][y]
		}
		switch y := &classes[0]; {
		case p.Off():
			declined = u.ordinaryIndexZLoss(to, z, y, k, n, f, x, loss, lse, sums, lane)
		case p.Hi == nil:
			declined = u.ordinaryIndexDivided(to, z, y, k, n, f, x, loss, lse, sums, lane, p.Factor, p.FactorLow)
		default:
			declined = u.ordinaryIndexShifted(to, z, y, k, n, f, x, loss, lse, sums, lane, &p.Power[0], &p.Rest[0], &p.Hi[0],
				&p.Low[0], p.Factor, p.FactorLow)
		}
	} else {
		switch t := &o.t[i*k]; {
		case p.Off():
			declined = u.ordinaryZLoss(to, z, t, k, n, f, x, loss, lse, sums, lane)
		case p.Hi == nil:
			declined = u.ordinaryDivided(to, z, t, k, n, f, x, loss, lse, sums, lane, p.Factor, p.FactorLow)
		default:
			declined = u.ordinaryShifted(to, z, t, k, n, f, x, loss, lse, sums, lane, &p.Power[0], &p.Rest[0], &p.Hi[0],
				&p.Low[0], p.Factor, p.FactorLow)
		}
	}
	copy(o.loss[i:], s.padLoss[:n])
	o.keep(s.padLSE[:n], i)
	return declined
}

// block is ordinaryBlock for rows that need not be ordinary.
func (o *optionRows[T]) block(u unit[T], s *tile[T], i, n, w int) (declined uint32) {
	k, p, to, z := o.k, o.p, o.gradFrom(s, i), &o.z[i*o.k]
	labels := s.blockLabels(part(o.t, i*k, (i+n)*k), o.index, i, n, k)
	f, _ := rowFactors(o.scale, s.padScale[:], i, n, w)
	x, _ := o.extras(s, i, n, w)
	t, loss, lse, sums, lane := &labels[0], &s.padLoss[0], &s.padLSE[0], &s.sums[0], &s.lane[0]
	switch {
	case p.Off():
		declined = u.blockZLoss(to, z, t, k, n, f, x, loss, lse, sums, lane)
	case p.Hi == nil:
		declined = u.blockDivided(to, z, t, k, n, f, x, loss, lse, sums, lane, p.Factor, p.FactorLow)
	default:
		declined = u.blockShifted(to, z, t, k, n, f, x, loss, lse, sums, lane, &p.Hi[0], &p.Low[0], p.Factor, p.FactorLow)
	}
	s.dropLabels(o.t, o.index, i, n, k)
	copy(o.loss[i:], s.padLoss[:n])
	o.keep(s.padLSE[:n], i)
	return declined
}

// gradFrom returns where the gradients from row i on are stored, which nobody may want.
func (o *optionRows[T]) gradFrom(s *tile[T], i int) *T {
	if o.grad == nil {
		return &s.out[0]
	}
	return &o.grad[i*o.k]
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
func singleOf[T spec.Float](u unit[T]) single {
	switch u := any(u).(type) { // which takes less time than an assertion that it is a single
	case f32AVX512:
		return u
	case f32AVX2:
		return u
	}
	return nil
}

// as returns x, which points to an E.
func as[E, T spec.Float](x *T) *E { return any(x).(*E) }

// float returns x, which points to a float32.
func float[T spec.Float](x *T) *float32 { return as[float32](x) }
