//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// pairs computes those of two classes of float32, with AVX-512.
func (b *entropyRows[T]) pairs(u unit[T], o *labelGrads[T]) (bad int) {
	const k = 2
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i, n := 0, 0; i < len(b.loss); i += n {
		if n = min(mostTiles*w, len(b.loss)-i); n > w {
			n &^= w - 1 // whole tiles, then the rest
		}
		x, y := padded(s.padZ[:], b.z, i, n, w), padded(s.padT[:], b.t, i, n, w)
		g, sums := part(b.grad, i*k, (i+n)*k), b.loss[i:i+n]
		if n < w {
			g, sums = part(s.padG[:], 0, 1), s.padLoss[:n]
		}
		classes, tiles := s.classes(b.index, i, n, w), tilesOf(n, w)
		if b.grad != nil {
			f, step := rowFactors(b.scale, s.padScale[:], i, n, w)
			f32AVX512{}.pairCrossEntropyGrad(
				floats(g), floats(x), floats(y), classes, tiles, any(f).(*float32), step, &sums[0], &s.declined[0])
		} else {
			f32AVX512{}.pairCrossEntropy(floats(x), floats(y), classes, tiles, &sums[0], &s.declined[0])
		}
		if n < w {
			copy(part(b.grad, i*k, (i+n)*k), s.padG[:])
		}
		copy(b.loss[i:], sums)
		for j, mask := range s.declined[:tiles] {
			if bad := b.rejected(mask, i+j*w, min(w, n-j*w), o); bad >= 0 {
				return bad
			}
		}
	}
	return -1
}

// padded returns the rows [i, i+n) of x, of two elements, in pad where they are less than a tile of
// w, or nil for nil.
func padded[T spec.Float](pad, x []T, i, n, w int) []T {
	if x == nil || n >= w {
		return part(x, 2*i, 2*(i+n))
	}
	clear(pad[copy(pad, x[2*i:2*(i+n)]) : 2*w])
	return pad
}
