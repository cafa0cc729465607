// Package spec is the arithmetic of the losses in plain and obvious Go: the specification of the
// kernels, and what runs where they have nothing of their own for a row or an option.
//
// Every function works on a block of n rows of k classes, row-major, and writes what it computes
// for row i to element i (a number a row) or to elements [i*k, (i+1)*k) (a vector a row) of its
// outputs. It computes in float64 whatever the element type; exponentials that wait in the memory
// of the gradient are rounded to it. Callers pass slices of matching lengths and k >= 1; nothing
// here checks it.
//
// # The softmax of a row
//
// With M the largest logit, a its first position and
//
//	r = Σ_{k≠a} exp(z_k - M),   q = r/(1+r),
//
// log-softmax is l_k = (z_k - M) - log1p(r), softmax is p_k = exp(z_k - M)/(1+r), r are the odds
// against class a, and 1 - p_a is q, without the cancellation that loses small losses (Blanchard,
// Higham and Higham, "Accurately computing the log-sum-exp and softmax functions", IMA Journal of
// Numerical Analysis 2021).
//
// A row that holds a NaN or a +Inf, or nothing but -Inf, has r = NaN, which makes everything
// computed from it NaN. A -Inf beside a finite maximum has p = 0.
package spec
