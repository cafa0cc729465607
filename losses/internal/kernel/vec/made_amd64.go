//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// MakesLabels reports whether [MadeCrossEntropy] takes less time for n rows of k classes than
// labels that are there: in tiles, but for pairs and for rows that are left of one, in blocks of
// labels, and of many classes.
func MakesLabels[T spec.Float](n, k int, labels bool) bool {
	if inTiles[T](k) {
		return k > 2 && fewer(n, unitOf[T]().lanes(), k) < n
	}
	return madeInRows[T](k) || labels && inOrdinaryBlocks[T](k, true)
}

// madeInRows reports whether labels of k classes are made while a row is read.
func madeInRows[T spec.Float](k int) bool { return k >= 64*spec.Size[T]() }

// MadeCrossEntropy is [CrossEntropy] with labels that m makes of t, or where t is nil of index. It
// stores the gradients by t in labelGrad, too, unless that is nil, of which o says what m does not
// know: Above is that of what m makes. It reports whether it has computed all rows: the loss of one
// that is not ordinary, has an invalid label or labels that overflow is NaN, and what else is
// stored for it means nothing. scratch holds k elements, the gradients of a row that nobody wants.
func MadeCrossEntropy[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	m *spec.Made[T], o spec.LabelGrads[T]) (all bool) {
	u, s := unitOf[T](), getTile[T]()
	defer putTile(s)
	if !madeInRows[T](k) {
		b := entropyRows[T]{loss: loss, grad: grad, z: z, t: t, index: index, scale: scale, k: k, made: m}
		var l *labelGrads[T]
		if labelGrad != nil {
			l = &labelGrads[T]{o, labelGrad, k, s.lane[:]}
		}
		if inTiles[T](k) {
			b.wholeTiles(u, len(loss), l)
		} else {
			b.blocks(u, l)
		}
		return !b.left
	}
	l := labelGrads[T]{o, labelGrad, k, s.lane[:]}
	l.Prior = nil
	most := ordinaryRows
	if grad == nil {
		most = 1
	}
	all = true
	for i := 0; i < len(loss); {
		n, g := min(most, len(loss)-i), scratch
		if grad != nil {
			g = grad[i*k:]
		}
		rows, cuts := s.ordinary[:n], s.padExtra[:n]
		rows = rows[:madeGrads(u, m, rows, cuts, g, z, t, index, scale, i, k)]
		for j, x := range rows {
			log := log1p(x.r)
			loss[i] = x.mass*log - x.dot
			if labelGrad != nil {
				if l.Above >= 0 {
					l.Above = cuts[j]
				}
				mean := x.less/float64(k) - log
				l.row(u, spec.Row(z, i, k), spec.Row(t, i, k), i, T(x.m), T(log), T(float64(o.Mix)*mean))
			}
			i++
		}
		if len(rows) < n {
			loss[i], all = math.NaN(), false
			i++
		}
	}
	return all
}

// madeGrads is ordinaryGrads with labels that m makes, and leaves in cuts what it takes of each.
func madeGrads[T spec.Float](u unit[T], m *spec.Made[T], rows []rowNumbers, cuts, grad, z, t []T, index []int,
	scale []T, i, k int) int {
	n := len(rows)
	f, step := numberOf(scale, i)
	lo, hi, far := i*k, (i+n)*k, ahead(spec.Row(z, i, k))
	x, g, to := &z[lo:hi][0], &grad[:n*k][0], &rows[0].m
	if t == nil {
		classes := index[i : i+n]
		for _, y := range classes {
			_ = z[:k][y]
		}
		return u.smoothedIndexGrads(g, x, &classes[0], m.Keep*max(0, 1-m.Cut), m.Each, f, to, k, n, step, far)
	}
	labels := t[lo:hi]
	if m.Weights != nil {
		return u.weighedGrads(g, x, &labels[0], &m.Weights[0], first(m.Low), f, to, k, n, step, far)
	}
	if m.Cut == 0 {
		return u.smoothedGrads(g, x, &labels[0], m.Keep, m.Each, m.Share, f, to, k, n, step, far)
	}
	for j := range cuts {
		cuts[j] = T(m.Cut / float64(max(1, Positives(spec.Row(labels, j, k)))))
	}
	return u.cutGrads(g, x, &labels[0], &cuts[0], m.Keep, m.Each, f, to, k, n, step, far)
}
