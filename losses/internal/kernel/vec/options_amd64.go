//go:build !purego

package vec

import (
	"math"
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// noShift is added where nothing is.
var noShift [tileCols]float32

// CrossEntropyRows is [CrossEntropyRow] for rows of few classes, with a factor and an extra for all
// rows or one a row. It reports whether all were ordinary: lse is NaN of those that were not, and
// what else is stored for them means nothing.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	all = true
	u := unitOf[T]()
	s, w, io := getTile[T](), u.lanes(), tiler[T, T](u)
	defer putTile(s)
	for i, n := 0, 0; i < len(loss); i += n {
		n = min(tilesAt(k)*w, len(loss)-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		setTarget(io, s, t, s.padT[:], index, i, n, k)
		sums, logs, tiles := loss[i:i+n], lse[i:i+n], tilesOf(n, w)
		if n&(w-1) != 0 {
			sums, logs = s.padLoss[:n], s.padLSE[:n]
		}
		f, step := rowFactors(scale, s.padScale[:], i, n, w)
		x, each := rowFactors(extra, s.padExtra[:], i, n, w)
		if p.Off() {
			u.tileZLoss(&s.e[0], &s.z[0], &s.t[0], k, tiles, f, step, x, each, &sums[0], &logs[0], &s.declined[0], &s.lane[0])
		} else {
			hi, low := floats(p.Hi), floats(p.Low)
			if hi == nil {
				hi, low = &noShift[0], &noShift[0]
			}
			any(u).(single).tilePrepared(floats(s.e[:]), floats(s.z[:]), floats(s.t[:]), k, tiles, any(f).(*float32), step,
				any(x).(*float32), each, &sums[0], &logs[0], &s.declined[0], floats(s.lane[:]), hi, low, p.Factor)
		}
		if grad != nil {
			tileOut(io, grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		copy(loss[i:], sums)
		copy(lse[i:], logs)
		for j, mask := range s.declined[:tiles] {
			for m := mask & (1<<min(w, n-j*w) - 1); m != 0; m &= m - 1 {
				lse[i+j*w+bits.TrailingZeros32(m)], all = math.NaN(), false
			}
		}
	}
	return all
}
