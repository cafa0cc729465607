package spec

import "math"

// Argmax returns the largest element of z and its first position. A NaN is returned only from the
// first position; elsewhere it is passed over.
func Argmax[T Float](z []T) (m T, a int) {
	m = z[0]
	for i, v := range z {
		if v > m {
			m, a = v, i
		}
	}
	return m, a
}

// Odds returns M, its position a, and r of a row (see the package comment).
func Odds[T Float](z []T) (m float64, a int, r float64) {
	mt, a := Argmax(z)
	m = float64(mt)
	r = m - m // 0, or NaN when m is infinite or NaN
	for i, v := range z {
		if i != a {
			r += math.Exp(float64(v) - m)
		}
	}
	return m, a, r
}

// Exps is Odds that also stores exp(z_k - M) in e.
func Exps[E, T Float](e []E, z []T) (m float64, a int, r float64) {
	mt, a := Argmax(z)
	m = float64(mt)
	r = m - m
	for i, v := range z {
		x := math.Exp(float64(v) - m)
		e[i] = E(x)
		if i != a {
			r += x
		}
	}
	return m, a, r
}

// Softmax stores p_k in dst.
func Softmax[T Float](dst, z []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		d := dst[lo : lo+k]
		_, a, r := Exps(d, z[lo:lo+k])
		SoftmaxRow(d, a, r)
	}
}

// SoftmaxRow is Softmax for one row, with a and r of [Exps], which left the exponentials in d.
func SoftmaxRow[T Float](d []T, a int, r float64) {
	c := 1 / (1 + r)
	for j, e := range d {
		d[j] = T(float64(e) * c)
	}
	d[a] = T(c)
}

// LogSoftmax stores l_k in dst.
func LogSoftmax[T Float](dst, z []T, k int) {
	for lo := 0; lo < len(z); lo += k {
		x := z[lo : lo+k]
		m, _, r := Odds(x)
		LogSoftmaxRow(dst[lo:lo+k], x, m, r)
	}
}

// LogSoftmaxRow is LogSoftmax for one row z, with M and r of [Odds].
func LogSoftmaxRow[T Float](d, z []T, m, r float64) {
	c := math.Log1p(r)
	for j, v := range z {
		d[j] = T((float64(v) - m) - c)
	}
}

// LogSumExp stores M + log1p(r) in dst, an element a row.
func LogSumExp[T Float](dst, z []T, k int) {
	for i := range dst {
		m, _, r := Odds(Row(z, i, k))
		dst[i] = T(m + math.Log1p(r))
	}
}
