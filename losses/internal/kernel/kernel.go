// Package kernel holds the arithmetic of the losses: slices in, slices out.
//
// Every function works on a block of n rows of k classes, row-major, and writes
// what it computes for row i to element i (a number a row) or to elements
// [i*k, (i+1)*k) (a vector a row) of its outputs. Rows never influence each
// other, and the result of a row does not depend on where in the block it stands.
//
// The Go code is the specification. It computes in float64 whatever the element
// type and rounds once, on the way out.
//
// # The softmax of a row
//
// With M the largest logit, a its first position and
//
//	r = Σ_{k≠a} exp(z_k - M),   q = r/(1+r),
//
// log-softmax is l_k = (z_k - M) - log1p(r), softmax is p_k = exp(z_k - M)/(1+r),
// and 1 - p_a is q, without the cancellation that loses small losses
// (Blanchard, Higham and Higham, "Accurately computing the log-sum-exp and
// softmax functions", IMA Journal of Numerical Analysis 2021).
//
// A row that holds a NaN or a +Inf, or nothing but -Inf, has r = NaN, which
// makes everything computed from it NaN. A -Inf beside a finite maximum has p = 0.
//
// Callers pass slices of matching lengths and k >= 1; nothing here checks it.
package kernel

import "math"

// Float is an element type.
type Float interface{ float32 | float64 }

// at returns the factor of row i: s holds one for all rows or one a row.
func at[T Float](s []T, i int) float64 {
	if len(s) == 1 {
		return float64(s[0])
	}
	return float64(s[i])
}

// argmax returns the largest element of z and its first position. A NaN is
// returned only from the first position; elsewhere it is passed over.
func argmax[T Float](z []T) (m T, a int) {
	m = z[0]
	for i, v := range z {
		if v > m {
			m, a = v, i
		}
	}
	return m, a
}

// Max returns M, its position a, and r of a row (see the package comment).
func maxAndRest[T Float](z []T) (m float64, a int, r float64) {
	mt, a := argmax(z)
	m = float64(mt)
	r = m - m // 0, or NaN when m is infinite or NaN
	for i, v := range z {
		if i != a {
			r += math.Exp(float64(v) - m)
		}
	}
	return m, a, r
}

// exps is maxAndRest that also stores exp(z_k - M) in e.
func exps[T Float](e, z []T) (m float64, a int, r float64) {
	mt, a := argmax(z)
	m = float64(mt)
	r = m - m
	for i, v := range z {
		x := math.Exp(float64(v) - m)
		e[i] = T(x)
		if i != a {
			r += x
		}
	}
	return m, a, r
}

// invalid reports whether t is no label: negative, NaN or infinite.
func invalid[T Float](t T) bool { return !(t >= 0) || math.IsInf(float64(t), 1) }
