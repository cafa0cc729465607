//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// SoftmaxLanes returns how many numbers [SoftmaxRests] leaves for [SoftmaxBack] of n rows: p and
// 1 - p of as many as tiles have room for, which are moved four columns at a time.
func SoftmaxLanes(n, k int) int { return 2 * tilesOf(n, maxDoubles) * maxDoubles * max(k, 4) }

// SoftmaxRests is [Softmaxes], in float64, of rows in tiles and stores 1 - p, without cancellation,
// in rest. In lanes, of which there are SoftmaxLanes, it leaves p and rest as they are in tiles.
func SoftmaxRests[T spec.Float](l, p, rest, lanes []float64, z []T, k int) {
	u, in := doubles(), tiler[T, float64](wideOf[T]())
	out := tiler[float64, float64](u)
	s, pad, w := getTile[float64](), getTile[T](), u.lanes()
	defer putTile(s)
	defer putTile(pad)
	lanesP, lanesRest := halves(lanes)
	most, rows := rowsAt(k), len(z)/k
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		tileIn(in, s.z[:], z[i*k:], n, pad.padZ[:], k)
		s.softmaxes(u, lanesP[i*k:], i, n, k, func(s tilePart[float64], i, _ int) {
			z, p, lane := &s.z[s.first], &lanesP[i*k], &s.lane[s.rows]
			u.tileShift(&s.h[s.first], z, k, lane)
			u.tileSoftmax(p, z, k, lane)
			u.tileRests(&lanesRest[i*k], p, z, k, lane)
		}, func(s *tile[float64], i, n int) {
			tileOut(out, l[i*k:(i+n)*k], s.h[:], n, s.padG[:], k)
			tileOut(out, p[i*k:(i+n)*k], lanesP[i*k:], n, s.padG[:], k)
			tileOut(out, rest[i*k:(i+n)*k], lanesRest[i*k:], n, s.padG[:], k)
		}, func(j int, x []float64) {
			l, p, rest := spec.Row(l, j, k), spec.Row(p, j, k), spec.Row(rest, j, k)
			spec.LogSoftmax(l, x, k)
			spec.Softmax(p, x, k)
			first := j/w*w*k + j%w
			for c, v := range p {
				if rest[c] = 1 - v; v > 0.5 {
					rest[c] = -math.Expm1(l[c])
				}
				lanesP[first+c*w], lanesRest[first+c*w] = v, rest[c]
			}
		})
	}
}

// halves returns where the lanes of p and those of 1 - p are.
func halves(lanes []float64) (p, rest []float64) { return lanes[:len(lanes)/2], lanes[len(lanes)/2:] }

// SoftmaxBack takes the derivatives u of rows in tiles by their log p back to the logits: it stores
//
//	f (u_k - p_k Σ_j u_j),   and of a p_k > 1/2   f ((1-p_k) Σ_j u_j - Σ_{j≠k} u_j)
//
// in dst, f of scale, one a row or one for all, and p and 1-p in lanes.
func SoftmaxBack[T spec.Float](dst []T, u, lanes []float64, scale []T, k int) {
	v, out := doubles(), tiler[T, float64](wideOf[T]())
	in := tiler[float64, float64](v)
	s, pad, w := getTile[float64](), getTile[T](), v.lanes()
	defer putTile(s)
	defer putTile(pad)
	p, rest := halves(lanes)
	most, rows := rowsAt(k), len(u)/k
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		tileIn(in, s.t[:], u[i*k:], n, s.padT[:], k)
		for j := range tilesOf(n, w) {
			x, first := s.partOf(j, k, w), (i+j*w)*k
			setLane(x.numbers(laneScale, w), scale, i+j*w, min(w, n-j*w))
			v.tileBack(&s.t[x.first], &p[first], &rest[first], k, &s.lane[x.rows])
		}
		tileOut(out, dst[i*k:(i+n)*k], s.t[:], n, pad.padG[:], k)
	}
}
