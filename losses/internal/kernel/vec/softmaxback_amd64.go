//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// SoftmaxRests is [Softmaxes] of rows in tiles and stores 1 - p, without cancellation, in rest,
// which may be z.
func SoftmaxRests(l, p, rest, z []float64, k int) {
	u := doubles()
	io := tiler[float64, float64](u)
	tilesOfSoftmax[float64](u, z, k, func(s tilePart[float64], _, _ int) {
		at, lane := s.first, &s.lane[s.rows]
		u.tileShift(&s.h[at], &s.z[at], k, lane)
		u.tileSoftmax(&s.e[at], &s.z[at], k, lane)
		u.tileRests(&s.t[at], &s.e[at], &s.z[at], k, lane)
	}, func(s *tile[float64], i, n int) {
		tileOut(io, l[i*k:(i+n)*k], s.h[:], n, s.padG[:], k)
		tileOut(io, p[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		tileOut(io, rest[i*k:(i+n)*k], s.t[:], n, s.padG[:], k)
	}, func(j int, x []float64) {
		l, p, rest := spec.Row(l, j, k), spec.Row(p, j, k), spec.Row(rest, j, k)
		spec.LogSoftmax(l, x, k)
		spec.Softmax(p, x, k)
		for j, v := range p {
			if rest[j] = 1 - v; v > 0.5 {
				rest[j] = -math.Expm1(l[j])
			}
		}
	})
}

// SoftmaxBack takes the derivatives u of rows in tiles by their log p back to the logits: it stores
//
//	f (u_k - p_k Σ_j u_j),   and of a p_k > 1/2   f ((1-p_k) Σ_j u_j - Σ_{j≠k} u_j)
//
// in dst, f of scale, one a row or one for all, and rest = 1 - p.
func SoftmaxBack[T spec.Float](dst []T, u, p, rest []float64, scale []T, k int) {
	v, out := doubles(), tiler[T, float64](wideOf[T]())
	in := tiler[float64, float64](v)
	s, pad, w := getTile[float64](), getTile[T](), v.lanes()
	defer putTile(s)
	defer putTile(pad)
	most, rows := rowsAt(k), len(u)/k
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		tileIn(in, s.t[:], u[i*k:], n, s.padT[:], k)
		tileIn(in, s.z[:], p[i*k:], n, s.padT[:], k)
		tileIn(in, s.h[:], rest[i*k:], n, s.padT[:], k)
		for j := range tilesOf(n, w) {
			x := s.partOf(j, k, w)
			setLane(x.numbers(laneScale, w), scale, i+j*w, min(w, n-j*w))
			v.tileBack(&s.t[x.first], &s.z[x.first], &s.h[x.first], k, &s.lane[x.rows])
		}
		tileOut(out, dst[i*k:(i+n)*k], s.t[:], n, pad.padG[:], k)
	}
}
