//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// MAE is [spec.MAE].
func MAE[T spec.Float](loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	generic := func(loss []float64, grad, z, t, scale []T, k int) (bad int) {
		return spec.MAE(loss, grad, z, t, scale, scratch, k)
	}
	v := wideOf[T]()
	if inTiles[T](k) {
		return maeTiles(v, loss, grad, z, t, scale, k, generic)
	}
	return exactRows(loss, grad, z, t, scale, scratch, k,
		func(s exact, loss *float64, g []T, e []float64, _, y []T, f float64) bool {
			return maeRow(s, v, loss, g, e, y, f)
		}, generic)
}

// maeRow computes one row in float64: the difference of p and t may be much smaller than they are.
// It returns false for a row with an invalid label.
func maeRow[T spec.Float](s exact, v wide[T], loss *float64, g []T, e []float64, y []T, f float64) bool {
	d := (1 - float64(y[s.a])) - s.rest
	sa := spec.Sign(d)
	sum, delta, bad := v.maeSum(&e[0], &y[0], len(y), s.a, s.coef, sa)
	if bad != 0 {
		return false
	}
	*loss = math.Abs(d) + sum
	if delta *= s.coef; g != nil {
		v.maeGrad(&g[0], &e[0], &y[0], len(e), s.coef, sa, delta, f*s.coef)
		g[s.a] = T(f * delta * (s.coef * e[s.a]))
	}
	return true
}

// maeTiles computes in float64.
func maeTiles[T spec.Float](v wide[T], loss []float64, grad, z, t, scale []T, k int,
	generic func(loss []float64, grad, z, t, scale []T, k int) (bad int)) (bad int) {
	u, s, pad, w, io := doubles(), getTile[float64](), getTile[T](), v.lanes(), tiler[T, float64](v)
	defer putTile(s)
	defer putTile(pad)
	for i := 0; i < len(loss); i += w {
		n := min(w, len(loss)-i)
		lo, hi := i*k, (i+n)*k
		tileIn(io, s.z[:], z[lo:], n, pad.padZ[:], k)
		tileIn(io, s.t[:], t[lo:], n, pad.padT[:], k)
		setScale(s, scale, i, n, w)
		rejected := u.tileStats(&s.e[0], &s.z[0], k, &s.lane[0])
		invalid := u.tileMAE(&s.e[0], &s.z[0], &s.t[0], k, &s.lane[0])
		if grad != nil {
			tileOut(io, grad[lo:hi], s.e[:], n, pad.padG[:], k)
		}
		copy(loss[i:i+n], s.numbers(laneLoss, w))
		bad := eachRejected(rejected|invalid, i, n, func(j int) bool {
			x, y, g := spec.Row(z, j, k), spec.Row(t, j, k), spec.Row(grad, j, k)
			return generic(loss[j:j+1], g, x, y, spec.FactorOf(scale, j), k) < 0
		})
		if bad >= 0 {
			return bad
		}
	}
	return -1
}
