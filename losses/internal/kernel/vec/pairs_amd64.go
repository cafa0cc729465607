//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// crossEntropyPairs is crossEntropyTiles for rows of two classes of float32, with AVX-512; row
// computes those that are for the specification.
func crossEntropyPairs[T spec.Float](
	u unit[T], loss []float64, grad, z, t []T, index []int, scale []T, row func(j int) (valid bool)) (bad int) {
	const k = 2
	s, w := getTile[T](), u.lanes()
	defer putTile(s)
	for i, n := 0, 0; i < len(loss); i += n {
		if n = min(mostTiles*w, len(loss)-i); n > w {
			n &^= w - 1 // whole tiles, then the rest
		}
		x, y, g, sums := padded(s.padZ[:], z, i, n, w), padded(s.padT[:], t, i, n, w), part(grad, i*k, (i+n)*k), loss[i:i+n]
		if n < w {
			g, sums = part(s.padG[:], 0, 1), s.padLoss[:n]
		}
		classes, tiles := s.classes(index, i, n, w), tilesOf(n, w)
		if grad != nil {
			f, step := rowFactors(scale, s.padScale[:], i, n, w)
			f32AVX512{}.pairCrossEntropyGrad(
				floats(g), floats(x), floats(y), classes, tiles, any(f).(*float32), step, &sums[0], &s.declined[0])
		} else {
			f32AVX512{}.pairCrossEntropy(floats(x), floats(y), classes, tiles, &sums[0], &s.declined[0])
		}
		if n < w {
			copy(part(grad, i*k, (i+n)*k), s.padG[:])
		}
		copy(loss[i:], sums)
		for j, mask := range s.declined[:tiles] {
			if bad := eachRejected(mask, i+j*w, min(w, n-j*w), row); bad >= 0 {
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
