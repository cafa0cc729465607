//go:build !purego

package vec

import (
	"math"
	"math/bits"

	"softloss/losses/internal/kernel/spec"
)

// noShift is added where nothing is.
var noShift [tileCols]float32

// CrossEntropyRows is [CrossEntropyRow] for rows of few classes, with a factor and an extra for all rows or
// one a row. It reports whether all were ordinary: lse is NaN of those that were not, and what else is
// stored for them means nothing.
func CrossEntropyRows[T spec.Float](p *spec.Prepared[T], loss, lse []float64, grad, z, t []T, index []int,
	scale, extra []T, k int) (all bool) {
	all = true
	u := unitOf[T]()
	s, w, io := getTile[T](), u.lanes(), tiler[T, T](u)
	defer putTile(s)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		setTarget(io, s, t, s.padT[:], index, i, n, k)
		setLane(s.numbers(laneScale, w), scale, i, n)
		setLane(s.numbers(laneExtra, w), extra, i, n)
		rejected := crossEntropyOptions(u, s, p, k)
		if grad != nil {
			tileOut(io, grad[i*k:], s.e[:], n, s.padG[:], k)
		}
		sums, tops, logs := s.numbers(laneLoss, w), s.numbers(laneMax, w), s.numbers(laneLog, w)
		for j := range n {
			loss[i+j], lse[i+j] = float64(sums[j]), float64(tops[j])+float64(logs[j])
		}
		for m := rejected & (1<<n - 1); m != 0; m &= m - 1 {
			lse[i+bits.TrailingZeros32(m)], all = math.NaN(), false
		}
	}
	return all
}

// crossEntropyOptions runs the kernel for the logits that p says on a tile.
func crossEntropyOptions[T spec.Float](u unit[T], s *tile[T], p *spec.Prepared[T], k int) (rejected uint32) {
	if p.Off() {
		rejected, bad := u.tileZLoss(&s.e[0], &s.z[0], &s.t[0], k, &s.lane[0])
		return rejected | bad
	}
	hi, low := floats(p.Hi), floats(p.Low)
	if hi == nil {
		hi, low = &noShift[0], &noShift[0]
	}
	rejected, bad := any(u).(single).tilePrepared(
		floats(s.e[:]), floats(s.z[:]), floats(s.t[:]), k, floats(s.lane[:]), hi, low, p.Factor)
	return rejected | bad
}
