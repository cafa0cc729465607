//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// Softmax is [spec.Softmax].
func Softmax[T spec.Float](dst, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		io := tiler[T, T](u)
		softmaxTiles(u, z, k, func(s *tile[T], i, n int) {
			u.tileSoftmax(&s.e[0], &s.z[0], k, &s.lane[0])
			tileOut(io, dst[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		}, func(j int, x []T) { spec.Softmax(spec.Row(dst, j, k), x, k) })
		return
	}
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		if o, ok := ordinaryRow(u, d, x, ahead(x)); ok {
			o.softmax(u, d, 1)
			continue
		}
		a, r := exps(d, x)
		u.scale(&d[0], k, T(1/(1+r)))
		if r < 1 {
			d[a] = T(1 / (1 + r))
		}
	}
}

// LogSoftmax is [spec.LogSoftmax].
func LogSoftmax[T spec.Float](dst, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		io := tiler[T, T](u)
		softmaxTiles(u, z, k, func(s *tile[T], i, n int) {
			u.tileShift(&s.e[0], &s.z[0], k, &s.lane[0])
			tileOut(io, dst[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		}, func(j int, x []T) { spec.LogSoftmax(spec.Row(dst, j, k), x, k) })
		return
	}
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		if o, ok := ordinaryRow(u, nil, x, ahead(x)); ok {
			u.shift(&d[0], &x[0], k, T(o.m), T(math.Log1p(o.r)))
			continue
		}
		s, ok := begin(u, x)
		if !ok {
			spec.LogSoftmax(d, x, k)
			continue
		}
		r, _ := s.odds(u, nil, x, s.sum(u, x))
		u.shift(&d[0], &x[0], k, s.m, T(math.Log1p(r)))
	}
}

// Softmaxes is [LogSoftmax] in l and [Softmax] in p, by one exponential an element.
func Softmaxes[T spec.Float](l, p, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		io := tiler[T, T](u)
		softmaxTiles(u, z, k, func(s *tile[T], i, n int) {
			u.tileSoftmax(&s.e[0], &s.z[0], k, &s.lane[0])
			tileOut(io, p[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
			u.tileShift(&s.e[0], &s.z[0], k, &s.lane[0])
			tileOut(io, l[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		}, func(j int, x []T) {
			spec.LogSoftmax(spec.Row(l, j, k), x, k)
			spec.Softmax(spec.Row(p, j, k), x, k)
		})
		return
	}
	for i := range len(z) / k {
		x, d, q := spec.Row(z, i, k), spec.Row(l, i, k), spec.Row(p, i, k)
		if o, ok := ordinaryRow(u, q, x, ahead(x)); ok {
			u.shift(&d[0], &x[0], k, T(o.m), T(math.Log1p(o.r)))
			o.softmax(u, q, 1)
			continue
		}
		LogSoftmax(d, x, k)
		Softmax(q, x, k)
	}
}

// LogSumExp is [spec.LogSumExp].
func LogSumExp[T spec.Float](dst, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		softmaxTiles(u, z, k, func(s *tile[T], i, n int) {
			top, log := s.numbers(laneMax, u.lanes()), s.numbers(laneLog, u.lanes())
			for j := range n {
				dst[i+j] = T(float64(top[j]) + float64(log[j]))
			}
		}, func(j int, x []T) { spec.LogSumExp(dst[j:j+1], x, k) })
		return
	}
	for i := range dst {
		x := spec.Row(z, i, k)
		if o, ok := ordinaryRow(u, nil, x, ahead(x)); ok {
			dst[i] = T(o.m + math.Log1p(o.r))
			continue
		}
		s, ok := begin(u, x)
		if !ok {
			spec.LogSumExp(dst[i:i+1], x, k)
			continue
		}
		r, _ := s.odds(u, nil, x, s.sum(u, x))
		dst[i] = T(float64(s.m) + math.Log1p(r))
	}
}

// softmaxTiles computes the softmax of z in tiles. finish stores the results of the rows [i, i+n),
// those of s, perhaps over z; row is for the rows x that the tiles reject.
func softmaxTiles[T spec.Float](
	u unit[T], z []T, k int, finish func(s *tile[T], i, n int), row func(j int, x []T)) {
	s, w, io := getTile[T](), u.lanes(), tiler[T, T](u)
	defer putTile(s)
	for i := 0; i < len(z)/k; i += w {
		n := min(w, len(z)/k-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		u.tileStats(&s.e[0], &s.z[0], k, 1, &s.declined[0], &s.lane[0])
		finish(s, i, n)
		eachRejected(s.declined[0], i, n, func(j int) bool {
			x := s.padT[:k]
			for c := range x {
				x[c] = s.z[c*w+j-i]
			}
			row(j, x)
			return true
		})
	}
}

// SoftmaxGrad is [spec.SoftmaxGrad].
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r := exps(d, spec.Row(z, i, k))
		spec.SoftmaxGradRow(d, spec.Row(u, i, k), a, r)
	}
}

// LogSoftmaxGrad is [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r := exps(d, spec.Row(z, i, k))
		spec.LogSoftmaxGradRow(d, spec.Row(u, i, k), a, r)
	}
}

// LogSumExpGrad is [spec.LogSumExpGrad].
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := spec.Row(dst, i, k)
		a, r := exps(d, spec.Row(z, i, k))
		spec.LogSumExpGradRow(d, v, a, r)
	}
}

// exps stores exp(z_k - M) in e and returns the position of M and r.
func exps[T spec.Float](e, z []T) (a int, r float64) {
	u := unitOf[T]()
	s, ok := begin(u, z)
	if ok {
		a = u.find(&z[0], len(z), s.m)
	}
	if !ok || a == len(z) {
		_, a, r = spec.Exps(e, z)
		return a, r
	}
	sum := s.exps(u, e, z) // e may be z: z is gone
	if sum > spread*s.em {
		r = (sum - s.em) / s.em
	} else {
		r = s.sumBut(u, e, e, a) / s.em
	}
	u.scale(&e[0], len(e), T(1/s.em))
	e[a] = 1
	return a, r
}
