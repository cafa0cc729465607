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
		softmaxTiles(u, nil, dst, z, k, func(j int, x []T) { spec.Softmax(spec.Row(dst, j, k), x, k) })
		return
	}
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		if o, ok := ordinaryRow(u, d, x, ahead(x)); ok {
			o.softmax(u, d, 1)
			continue
		}
		a, r, em := exps(d, x)
		u.scale(&d[0], k, T(1/((1+r)*em)))
		if r < 1 {
			d[a] = T(1 / (1 + r))
		}
	}
}

// LogSoftmax is [spec.LogSoftmax].
func LogSoftmax[T spec.Float](dst, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		softmaxTiles(u, dst, nil, z, k, func(j int, x []T) { spec.LogSoftmax(spec.Row(dst, j, k), x, k) })
		return
	}
	for i := range len(z) / k {
		x, d := spec.Row(z, i, k), spec.Row(dst, i, k)
		if m, log, ok := logSumExp(u, x); ok {
			u.shift(&d[0], &x[0], k, T(m), T(log))
		} else {
			spec.LogSoftmax(d, x, k)
		}
	}
}

// logSumExp returns that of a row as its largest logit and what is more. ok is false for a row that
// is for the specification.
func logSumExp[T spec.Float](u unit[T], z []T) (m, log float64, ok bool) {
	if o, ok := ordinaryRow(u, nil, z, ahead(z)); ok {
		return o.m, math.Log1p(o.r), true
	}
	s, ok := begin(u, z)
	if !ok {
		return 0, 0, false
	}
	r, _ := s.odds(u, nil, z, s.sum(u, z))
	return float64(s.m), math.Log1p(r), true
}

// Softmaxes is [LogSoftmax] in l and [Softmax] in p, by one exponential an element.
func Softmaxes[T spec.Float](l, p, z []T, k int) {
	u := unitOf[T]()
	if inTiles[T](k) {
		softmaxTiles(u, l, p, z, k, func(j int, x []T) {
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
		tilesOfSoftmax(u, z, k, func(s tilePart[T], i, n int) {
			top, log := s.numbers(laneMax, u.lanes()), s.numbers(laneLog, u.lanes())
			for j := range n {
				dst[i+j] = T(float64(top[j]) + float64(log[j]))
			}
		}, func(*tile[T], int, int) {}, func(j int, x []T) { spec.LogSumExp(dst[j:j+1], x, k) })
		return
	}
	for i := range dst {
		x := spec.Row(z, i, k)
		if m, log, ok := logSumExp(u, x); ok {
			dst[i] = T(m + log)
		} else {
			spec.LogSumExp(dst[i:i+1], x, k)
		}
	}
}

// softmaxTiles computes the softmax of z in tiles, and stores it in p and its logarithm in l, of
// which one may be nil. row is for the rows x that the tiles reject.
func softmaxTiles[T spec.Float](u unit[T], l, p, z []T, k int, row func(j int, x []T)) {
	io := tiler[T, T](u)
	tilesOfSoftmax(u, z, k, func(s tilePart[T], _, _ int) {
		at, lane := s.first, &s.lane[s.rows]
		if l != nil {
			u.tileShift(&s.h[at], &s.z[at], k, lane)
		}
		if p != nil {
			u.tileSoftmax(&s.e[at], &s.z[at], k, lane)
		}
	}, func(s *tile[T], i, n int) {
		if l != nil {
			tileOut(io, l[i*k:(i+n)*k], s.h[:], n, s.padG[:], k)
		}
		if p != nil {
			tileOut(io, p[i*k:(i+n)*k], s.e[:], n, s.padG[:], k)
		}
	}, row)
}

// tilesOfSoftmax is softmaxTiles for what else there is to know: each has a tile of the rows [i,
// i+n), and store all tiles that are computed together, perhaps to store it over z.
func tilesOfSoftmax[T spec.Float](u unit[T], z []T, k int, each func(s tilePart[T], i, n int),
	store func(s *tile[T], i, n int), row func(j int, x []T)) {
	s, io := getTile[T](), tiler[T, T](u)
	defer putTile(s)
	most, rows := rowsAt(k), len(z)/k
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		tileIn(io, s.z[:], z[i*k:], n, s.padZ[:], k)
		s.softmaxes(u, s.e[:], i, n, k, each, store, row)
	}
}

// softmaxes is tilesOfSoftmax for the n rows from row i on, which s holds. Their exponentials go to
// e.
func (s *tile[T]) softmaxes(u unit[T], e []T, i, n, k int, each func(s tilePart[T], i, n int),
	store func(s *tile[T], i, n int), row func(j int, x []T)) {
	w := u.lanes()
	tiles := tilesOf(n, w)
	u.tileStats(&e[0], &s.z[0], k, tiles, &s.declined[0], &s.lane[0])
	for j := range tiles {
		each(s.partOf(j, k, w), i+j*w, min(w, n-j*w))
	}
	store(s, i, n)
	s.eachDeclined(i, n, w, func(j int) bool {
		x, from := s.padT[:k], s.z[(j-i)/w*k*w+(j-i)%w:]
		for c := range x {
			x[c] = from[c*w]
		}
		row(j, x)
		return true
	})
}

// SoftmaxGrad is [spec.SoftmaxGrad].
func SoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r, em := exps(d, spec.Row(z, i, k))
		spec.SoftmaxGradRow(d, spec.Row(u, i, k), a, r, em)
	}
}

// LogSoftmaxGrad is [spec.LogSoftmaxGrad].
func LogSoftmaxGrad[T spec.Float](dst, z, u []T, k int) {
	for i := range len(z) / k {
		d := spec.Row(dst, i, k)
		a, r, em := exps(d, spec.Row(z, i, k))
		spec.LogSoftmaxGradRow(d, spec.Row(u, i, k), a, r, em)
	}
}

// LogSumExpGrad is [spec.LogSumExpGrad].
func LogSumExpGrad[T spec.Float](dst, z, u []T, k int) {
	for i, v := range u {
		d := spec.Row(dst, i, k)
		a, r, em := exps(d, spec.Row(z, i, k))
		spec.LogSumExpGradRow(d, v, a, r, em)
	}
}

// exps stores em exp(z_k - M) in e and returns the position of M, r and em: dividing by that would
// round once more.
func exps[T spec.Float](e, z []T) (a int, r, em float64) {
	u := unitOf[T]()
	s, ok := begin(u, z)
	if ok {
		a = u.find(&z[0], len(z), s.m)
	}
	if !ok || a == len(z) {
		_, a, r = spec.Exps(e, z)
		return a, r, 1
	}
	sum := s.exps(u, e, z) // e may be z: z is gone
	if sum > spread*s.em {
		r = (sum - s.em) / s.em
	} else {
		r = s.sumBut(u, e, e, a) / s.em
	}
	return a, r, s.em
}
