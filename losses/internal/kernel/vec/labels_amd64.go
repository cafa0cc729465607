//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// longRow is from how many elements on a row is cut in two for its sums, which have 16 lanes and
// more.
const longRow = 512

// Sum is [spec.Sum].
func Sum[T spec.Float](x []T) float64 {
	if len(x) == 0 {
		return 0
	}
	if half := halfOf[T](len(x)); half > 0 {
		return Sum(x[:half]) + Sum(x[half:])
	}
	return wideOf[T]().sum(&x[0], len(x))
}

// WeightedSum is [spec.WeightedSum].
func WeightedSum[T spec.Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if half := halfOf[T](len(t)); half > 0 {
		return spec.WeightedHalves(t, w, half, WeightedSum)
	}
	plain, weighted, invalid := wideOf[T]().weightedSum(&t[0], &w[0], len(t))
	if invalid != 0 {
		return spec.WeightedSum(t, w)
	}
	return plain, weighted, -1
}

// Weigh is [spec.Weigh].
func Weigh[T spec.Float](dst, t []T, w []float64) (bad int) {
	k := len(w)
	n := len(t) / k
	if n == 0 {
		return -1
	}
	if done := wideOf[T]().weighRows(&dst[0], &t[0], &w[0], k, n); done < n {
		return done
	}
	return -1
}

// Mix is [spec.Mix].
func Mix[T spec.Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	k := len(w)
	n := len(t) / k
	if n == 0 {
		return -1
	}
	if done := wideOf[T]().mixRows(&dst[0], &t[0], &w[0], k, n, keep, add); done < n {
		return done
	}
	return -1
}

// Smooth is [spec.Smooth].
func Smooth[T spec.Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	u := unitOf[T]()
	if cut == 0 && addMass == 0 && smoothAlike(u, dst, t, T(keep), T(add)) {
		return -1
	}
	if inTiles[T](k) {
		return smoothTiles(u, dst, t, keep, cut, add, addMass, k)
	}
	n := len(t) / k
	for i := 0; i < n; i++ {
		if k <= chunk(u) {
			i += u.smoothRows(&dst[i*k], &t[i*k], k, n-i, T(keep), cut, add, addMass)
		} else if smoothLong(u, spec.Row(dst, i, k), spec.Row(t, i, k), keep, cut, add, addMass) {
			continue
		}
		if i < n && spec.Smooth(spec.Row(dst, i, k), spec.Row(t, i, k), keep, cut, add, addMass, k) >= 0 {
			return i
		}
	}
	return -1
}

// smoothLong smooths the row x into d, in chunks. It returns false where that is for the
// specification.
func smoothLong[T spec.Float](u unit[T], d, x []T, keep, cut, add, addMass float64) (ok bool) {
	var mass, nnz float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		pm, pn, bad := u.labelSums(&x[lo], min(chunk(u), len(x)-lo))
		if mass, nnz = mass+pm, nnz+float64(pn); bad != 0 {
			return false
		}
	}
	if !(mass <= math.MaxFloat64) {
		return false
	}
	u.smooth(&d[0], &x[0], len(x), T(keep), T(cut/max(nnz, 1)), T(add+addMass*mass))
	return true
}

// smoothAlike stores keep t + add in dst, where no row is to be told from another. It returns
// false, with t as it was, where it finds that one may hold what is no label.
func smoothAlike[T spec.Float](u unit[T], dst, t []T, keep, add T) (ok bool) {
	if len(t) == 0 {
		return false
	}
	inPlace := &dst[0] == &t[0]
	if inPlace && !allLabels(u, t) {
		return false
	}
	odd := u.smoothAlike(&dst[0], &t[0], len(t), keep, add)
	return odd == 0 || inPlace
}

// allLabels reports whether all of t are labels, with sums that are finite.
func allLabels[T spec.Float](u unit[T], t []T) bool {
	for lo := 0; lo < len(t); lo += chunk(u) {
		if mass, _, bad := u.labelSums(&t[lo], min(chunk(u), len(t)-lo)); bad != 0 || !(mass <= math.MaxFloat64) {
			return false
		}
	}
	return true
}

// smoothTiles is Smooth for few classes.
func smoothTiles[T spec.Float](u unit[T], dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	s, w, io := getTile[T](), u.lanes(), tiler[T, T](u)
	defer putTile(s)
	rows, most := len(t)/k, rowsAt(k)
	for i := 0; i < rows; i += most {
		n := min(most, rows-i)
		tileIn(io, s.t[:], t[i*k:], n, s.padT[:], k)
		u.tileSmooth(&s.t[0], k, tilesOf(n, w), T(keep), T(cut), T(add), T(addMass), &s.declined[0])
		// Rejected rows go by way of padZ: dst may be t, and the tiles are stored over it.
		bad = s.eachDeclined(0, n, w, func(j int) bool {
			return spec.Smooth(spec.Row(s.padZ[:], j, k), spec.Row(t, i+j, k), keep, cut, add, addMass, k) < 0
		})
		tileOut(io, dst[i*k:(i+n)*k], s.t[:], n, s.padG[:], k)
		s.eachDeclined(0, n, w, func(j int) bool {
			return j != bad && copy(spec.Row(dst, i+j, k), spec.Row(s.padZ[:], j, k)) == k
		})
		if bad >= 0 {
			return i + bad
		}
	}
	return -1
}

// makeTiles makes the labels of tiles in the place of those there, or of classes unless that is
// nil, and stores the bits of rows with an invalid label or an infinite sum in s.odd. Weights make
// a valid label of none.
func makeTiles[T spec.Float](u unit[T], s *tile[T], m *spec.Made[T], classes *int, k, tiles int) {
	keep, cut := T(m.Keep), T(m.Cut)
	if classes != nil {
		u.tileHot(&s.t[0], classes, k, tiles)
		keep, cut = max(keep-cut, 0), 0 // of the one label that is not 0
	}
	if m.Exact != nil {
		clear(s.odd[:tiles])
		wideOf[T]().tileWeigh(&s.t[0], &m.Exact[0], k, tiles)
		return
	}
	u.tileSmooth(&s.t[0], k, tiles, keep, cut, T(m.Each), T(m.Share), &s.odd[0])
}

// makeRows stores in dst the labels that m makes of rows t of k, and returns the bits of rows with
// an invalid label or an infinite sum.
func makeRows[T spec.Float](u unit[T], m *spec.Made[T], dst, t []T, k int) (odd uint32) {
	if m.Exact == nil && m.Cut == 0 && m.Share == 0 && smoothAlike(u, dst, t, T(m.Keep), T(m.Each)) {
		return 0
	}
	n := len(t) / k
	for i := 0; i < n; i++ {
		if m.Exact != nil {
			i += wideOf[T]().weighRows(&dst[i*k], &t[i*k], &m.Exact[0], k, n-i)
		} else {
			i += u.smoothRows(&dst[i*k], &t[i*k], k, n-i, T(m.Keep), m.Cut, m.Each, m.Share)
		}
		if i < n {
			odd |= 1 << i
		}
	}
	return odd
}

// Positives is [spec.Positives].
func Positives[T spec.Float](t []T) int { return unitOf[T]().positives(&t[0], len(t)) }
