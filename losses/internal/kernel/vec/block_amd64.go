//go:build !purego

package vec

import "math/bits"

// blocks computes them in blocks.
func (b *entropyRows[T]) blocks(u unit[T], o *labelGrads[T]) (bad int) {
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i := 0; i < len(b.loss); i += w {
		n := min(w, len(b.loss)-i)
		t, odd := b.labels(u, s, i, n)
		declined := odd | b.ordinary(u, s, t, i, n)
		if o != nil {
			for j, end := nextRun(^declined, 0, n); j < n; j, end = nextRun(^declined, end, n) {
				o.block(u, s, b.z, part(t, j*b.k, end*b.k), i+j, end-j, j)
			}
		}
		for j, end := nextRun(declined, 0, n); j < n; j, end = nextRun(declined, end, n) {
			if bad := b.any(u, s, part(t, j*b.k, end*b.k), i+j, end-j, odd>>j, o); bad >= 0 {
				return bad
			}
		}
	}
	return -1
}

// labels returns the labels of the n rows from row i on, made ones where labels are made, and the
// bits of those of which none can be made.
func (b *entropyRows[T]) labels(u unit[T], s *tile[T], i, n int) (t []T, odd uint32) {
	if t = part(b.t, i*b.k, (i+n)*b.k); b.made == nil {
		return t, 0
	}
	return s.out[:len(t)], makeRows(u, b.made, s.out[:len(t)], t, b.k)
}

// nextRun returns the first run [j, end) of bits in mask from bit i on, of those below n.
func nextRun(mask uint32, i, n int) (j, end int) {
	mask &= 1<<n - 1
	j = i + bits.TrailingZeros32(mask>>i)
	if j >= n {
		return n, n
	}
	return j, j + bits.TrailingZeros32(^(mask >> j))
}

// ordinary computes the n rows from row i on, of labels t, and returns the bits of those that are
// not ordinary ones or have labels that are none.
func (b *entropyRows[T]) ordinary(u unit[T], s *tile[T], t []T, i, n int) (declined uint32) {
	k := b.k
	z, loss, sums, lane := &b.z[i*k], &s.padLoss[0], &s.sums[0], &s.lane[0]
	var f, g *T
	if b.grad != nil {
		f, _ = rowFactors(b.scale, s.padScale[:], i, n, u.lanes())
		g = &b.grad[i*k]
	}
	switch {
	case t != nil && g != nil:
		declined = u.ordinaryBlockGrad(g, z, &t[0], k, n, f, loss, sums, lane)
	case t != nil:
		declined = u.ordinaryBlock(z, &t[0], k, n, loss, sums, lane)
	default:
		classes := b.index[i : i+n]
		for _, y := range classes {
			_ = b.z[:k][y]
		}
		if g != nil {
			declined = u.ordinaryIndexBlockGrad(g, z, &classes[0], k, n, f, loss, sums, lane)
		} else {
			declined = u.ordinaryIndexBlock(z, &classes[0], k, n, loss, sums, lane)
		}
	}
	copy(b.loss[i:], s.padLoss[:n])
	return declined & (1<<n - 1)
}

// any computes the n rows from row i on, of labels t, ordinary ones or not, but not those with a
// bit in odd. It returns the first with an invalid label, or -1.
func (b *entropyRows[T]) any(u unit[T], s *tile[T], t []T, i, n int, odd uint32, o *labelGrads[T]) (bad int) {
	switch {
	case inBlocks(u, b.k):
	case b.made != nil:
		return b.rejected(^uint32(0), i, n, o)
	default:
		for j := i; j < i+n; j++ {
			if !b.one(u, j, o) {
				return j
			}
		}
		return -1
	}
	k, labels := b.k, s.blockLabels(t, b.index, i, n, b.k)
	var declined uint32
	if b.grad != nil {
		f, _ := rowFactors(b.scale, s.padScale[:], i, n, u.lanes())
		declined = u.blockCrossEntropyGrad(
			&b.grad[i*k], &b.z[i*k], &labels[0], k, n, f, &s.padLoss[0], &s.sums[0], &s.lane[0])
	} else {
		declined = u.blockCrossEntropy(&b.z[i*k], &labels[0], k, n, &s.padLoss[0], &s.sums[0], &s.lane[0])
	}
	s.dropLabels(t, b.index, i, n, k)
	copy(b.loss[i:], s.padLoss[:n])
	if o != nil {
		o.block(u, s, b.z, t, i, n, 0)
	}
	return b.rejected(declined|odd, i, n, o)
}

// blockLabels returns the labels t of the n rows from row i on, or where t is nil the one-hot rows
// of index, until dropLabels.
func (s *tile[T]) blockLabels(t []T, index []int, i, n, k int) []T {
	if t != nil {
		return t
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
