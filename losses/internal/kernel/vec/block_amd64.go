//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// crossEntropyBlocks is for labels t, or for index where t is nil; o is nil for no gradients by the
// labels.
func crossEntropyBlocks[T spec.Float](
	u unit[T], loss []float64, grad, z, t []T, index []int, scale []T, k int, o *labelGrads[T]) (bad int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	row := func(j int) (valid bool) { return specCrossEntropy(loss, grad, z, t, index, scale, j, k, o) }
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		labels := s.blockLabels(t, index, i, n, k)
		var declined uint32
		if grad != nil {
			f, _ := rowFactors(scale, s.padScale[:], i, n, w)
			declined = u.blockCrossEntropyGrad(
				&grad[i*k], &z[i*k], &labels[0], k, n, f, &s.padLoss[0], &s.sums[0], &s.lane[0])
		} else {
			declined = u.blockCrossEntropy(&z[i*k], &labels[0], k, n, &s.padLoss[0], &s.sums[0], &s.lane[0])
		}
		s.dropLabels(t, index, i, n, k)
		copy(loss[i:], s.padLoss[:n])
		if o != nil {
			setScale(s, o.Factor, i, n, w)
			o.rows(u, z[i*k:], t[i*k:], i, n, s.lane[:])
		}
		if bad := eachRejected(declined, i, n, row); bad >= 0 {
			return bad
		}
	}
	return -1
}

// blockLabels returns the labels t of the n rows from row i on, or where t is nil the one-hot rows
// of index, until dropLabels.
func (s *tile[T]) blockLabels(t []T, index []int, i, n, k int) []T {
	if t != nil {
		return t[i*k:]
	}
	s.setHot(index[i:i+n], k, 1)
	return s.hot[:]
}

func (s *tile[T]) dropLabels(t []T, index []int, i, n, k int) {
	if t == nil {
		s.setHot(index[i:i+n], k, 0)
	}
}

// setHot stores v at the places of the classes index, of rows of k.
func (s *tile[T]) setHot(index []int, k int, v T) {
	for j, y := range index {
		s.hot[j*k+y] = v
	}
}
