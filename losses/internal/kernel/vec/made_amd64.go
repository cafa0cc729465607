//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// MakesLabels reports whether there is [MadeCrossEntropy] for rows of k classes: of fewer, blocks
// with labels that are there take less time.
func MakesLabels[T spec.Float](k int) bool { return k >= 64*spec.Size[T]() }

// MadeCrossEntropy is [CrossEntropy] with labels that m makes of t, or where t is nil of index. It
// stores the gradients by t in labelGrad, too, unless that is nil, of which o says what m does not
// know: a uniform Prior is none there, and Above is left to m. It stops before a row that is not
// ordinary, has an invalid label or labels that overflow, and returns how many it has done. scratch
// holds k elements, the gradients of a row that nobody wants.
func MadeCrossEntropy[T spec.Float](loss []float64, grad, labelGrad, z, t []T, index []int, scale, scratch []T, k int,
	m *spec.Made[T], o spec.LabelGrads[T]) (done int) {
	u, s := unitOf[T](), getTile[T]()
	defer putTile(s)
	l := labelGrads[T]{o, labelGrad, k, s.lane[:]}
	most := ordinaryRows
	if grad == nil {
		most = 1
	}
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
			return i
		}
	}
	return len(loss)
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
		return u.smoothedIndexGrads(g, x, &classes[0], m.Keep, m.Each, f, to, k, n, step, far)
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
