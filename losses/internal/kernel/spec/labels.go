package spec

import "math"

// invalid reports whether t is no label: negative, NaN or infinite.
func invalid[T Float](t T) bool { return !(t >= 0) || math.IsInf(float64(t), 1) }

// pairwise is from how many numbers on rows are added up by halves, so that the error does not grow
// with K.
const pairwise = 32

// Half returns where a row of n elements is cut for its sums, so that the error does not grow with
// K: of many terms that are alike each loses the same. It is 0 for rows that need not be: of few
// elements, and of float32, which has no digits that sums in float64 could lose so.
func Half[T Float](n int) int { return HalfFrom[T](n, 48) }

// HalfFrom is Half for sums of more lanes, whose rows are cut from least elements on.
func HalfFrom[T Float](n, least int) int {
	if Size[T]() == 4 || n < least {
		return 0
	}
	return n / 2
}

// Halves returns x[:half] and x[half:], nil for nil.
func Halves[T any](x []T, half int) (head, tail []T) {
	if x == nil {
		return nil, nil
	}
	return x[:half], x[half:]
}

// Sum returns Σ x, summed in float64.
func Sum[T Float](x []T) (sum float64) {
	if half := len(x) / 2; len(x) >= pairwise {
		return Sum(x[:half]) + Sum(x[half:])
	}
	for _, v := range x {
		sum += float64(v)
	}
	return sum
}

// WeightedSum returns Σ t, Σ w t and the first position of an invalid label, or -1, of one row.
// Where there is an invalid label the sums may be wrong.
func WeightedSum[T Float](t []T, w []float64) (plain, weighted float64, bad int) {
	if len(t) >= pairwise {
		return WeightedHalves(t, w, len(t)/2, WeightedSum)
	}
	for j, v := range t {
		if invalid(v) {
			return plain, weighted, j
		}
		plain += float64(v)
		weighted += w[j] * float64(v)
	}
	return plain, weighted, -1
}

// WeightedHalves is [WeightedSum], sum or another, by the halves of a row.
func WeightedHalves[T Float](t []T, w []float64, half int,
	sum func(t []T, w []float64) (plain, weighted float64, bad int)) (plain, weighted float64, bad int) {
	p, q, bad := sum(t[:half], w[:half])
	if bad >= 0 {
		return p, q, bad
	}
	if plain, weighted, bad = sum(t[half:], w[half:]); bad >= 0 {
		bad += half
	}
	return p + plain, q + weighted, bad
}

// Weigh stores w∘t for every row t in dst. It returns the first row that holds an invalid label, or
// -1; what it stored for that row and those after it means nothing. w has an element a class.
func Weigh[T Float](dst, t []T, w []float64) (bad int) {
	k := len(w)
	for i := range len(t) / k {
		to := Row(dst, i, k)
		for j, v := range Row(t, i, k) {
			if invalid(v) {
				return i
			}
			to[j] = T(w[j] * float64(v))
		}
	}
	return -1
}

// Mix stores keep t + add (Σ t) w for every row t in dst. It returns what [Weigh] does.
func Mix[T Float](dst, t []T, w []float64, keep, add float64) (bad int) {
	k := len(w)
	for i := range len(t) / k {
		to, from := Row(dst, i, k), Row(t, i, k)
		sum, _, bad := WeightedSum(from, w)
		if bad >= 0 {
			return i
		}
		for j, v := range from {
			to[j] = T(keep*float64(v) + float64(add*sum*w[j])) // rounded, as vectors do
		}
	}
	return -1
}

// Smooth stores label smoothing in one formula for three rules,
//
//	dst_k = max(keep t_k - cut/nnz, 0) + add + addMass Σ_j t_j,
//
// nnz the number of t_k > 0 of the row, cut/nnz = 0 where there is none. It returns the first row
// that holds an invalid label, or -1. dst may be t.
func Smooth[T Float](dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	for lo := 0; lo < len(t); lo += k {
		d, x := dst[lo:lo+k], t[lo:lo+k]
		nnz := 0
		for _, v := range x {
			if invalid(v) {
				return lo / k
			}
			if v > 0 {
				nnz++
			}
		}
		c, a := cut/float64(max(nnz, 1)), add
		if addMass != 0 {
			a += addMass * Sum(x)
		}
		for j, v := range x {
			d[j] = T(max(keep*float64(v)-c, 0) + a)
		}
	}
	return -1
}

// ElementSmoothing says what becomes of the labels y and u of both classes of an element: with S =
// y + u
//
//	Keep y + Add + Yes S,   Keep u + Add + No S
type ElementSmoothing struct{ Keep, Add, Yes, No float64 }

// SmoothElements stores the labels of both classes of elements in yes and no, smoothed, for y = w t
// and u = 1 - t. A nil w is 1. It returns false when a t is not in [0, 1]; what it stored means
// nothing then.
func SmoothElements[T Float](yes, no, t []T, w []float64, s ElementSmoothing) (ok bool) {
	ok = true
	for i, v := range t {
		y, u := float64(v), 1-float64(v)
		ok = ok && y >= 0 && y <= 1
		if w != nil {
			y *= w[i]
		}
		yes[i] = T(s.Keep*y + (s.Add + s.Yes*(y+u)))
		no[i] = T(s.Keep*u + (s.Add + s.No*(y+u)))
	}
	return ok
}

// Positives returns how many labels are above 0.
func Positives[T Float](t []T) (n int) {
	for _, v := range t {
		if v > 0 {
			n++
		}
	}
	return n
}
