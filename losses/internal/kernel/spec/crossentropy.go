package spec

import "math"

// CrossEntropy computes, for every row with target t and S = Σ_k t_k,
//
//	loss = -Σ_k t_k l_k = S log1p(r) - Σ_{t_k≠0} t_k (z_k - M)
//	grad_k = scale (S p_k - t_k)
//
// where scale holds one factor for all rows or one a row; a nil grad is not computed. It returns
// the first row that holds an invalid label, or -1; what it stored for that row and those after it
// means nothing.
func CrossEntropy[T Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y, g := Row(z, i, k), Row(t, i, k), Row(grad, i, k)
		var m, r float64
		var a int
		if g == nil {
			m, a, r = Odds(x)
		} else {
			m, a, r = Exps(g, x)
		}
		var others, dot float64 // Σ_{k≠a} t_k, Σ t_k (z_k - M)
		for j, v := range y {
			if v == 0 {
				continue
			}
			if invalid(v) {
				return i
			}
			if j != a {
				others += float64(v)
				dot += float64(v) * (float64(x[j]) - m)
			}
		}
		s := others + float64(y[a])
		loss[i] = s*math.Log1p(r) - dot
		if g != nil {
			SoftGrad(g, y, x, m, a, r, others, Factor(scale, i))
		}
	}
	return -1
}

// SoftGrad turns g, which holds exp(z_k - m), into f (S p_k - t_k), where others is Σ_{k≠a} t_k.
func SoftGrad[T Float](g, t, z []T, m float64, a int, r, others, f float64) {
	s := others + float64(t[a])
	Combine(g, t, z, m, 1, s/(1+r), f)
	if r < 1 { // p_a > 1/2
		g[a] = T(f * (others - s*(r/(1+r))))
	}
}

// CrossEntropyIndex is [CrossEntropy] for the one-hot rows of index:
//
//	loss = -l_y,   grad_k = scale (p_k - [k=y])
//
// It wants 0 <= index[i] < k.
func CrossEntropyIndex[T Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g := Row(z, i, k), Row(grad, i, k)
		if g == nil {
			m, _, r := Odds(x)
			loss[i] = math.Log1p(r) - (float64(x[y]) - m)
			continue
		}
		m, a, r := Exps(g, x)
		loss[i] = math.Log1p(r) - (float64(x[y]) - m)
		IndexGrad(g, a, y, r, Factor(scale, i))
	}
}

// IndexGrad turns g, which holds exp(z_k - M), into c (p_k - [k=y]).
func IndexGrad[T Float](g []T, a, y int, r, c float64) {
	f := c / (1 + r)
	rest := r / (1 + r) // 1 - p_y
	if y != a {
		rest = 1 - float64(g[y])/(1+r)
	}
	for j, e := range g {
		g[j] = T(f * float64(e))
	}
	g[y] = T(-c * rest)
}

// ProbCrossEntropy is [CrossEntropy] from probabilities: with tiny the smallest normal number of
// the element type and p'_k = max(p_k, tiny),
//
//	loss = -Σ_{t_k≠0} t_k log p'_k,   grad_k = -scale t_k/p'_k.
func ProbCrossEntropy[T Float](loss []float64, grad, p, t, scale []T, k int) (bad int) {
	tiny := Tiny[T]()
	for i := range loss {
		lo := i * k
		var sum, lost, l float64 // lost is what many terms that are alike are rounded by
		f := Factor(scale, i)
		for j, v := range t[lo : lo+k] {
			if v == 0 {
				if grad != nil {
					grad[lo+j] = 0
				}
				continue
			}
			if invalid(v) {
				return i
			}
			x := max(float64(p[lo+j]), tiny)
			sum, l = Difference(sum, float64(float64(v)*math.Log(x)))
			lost += l
			if grad != nil {
				grad[lo+j] = T(-f * float64(v) / x)
			}
		}
		if loss[i] = sum; sum-sum == 0 {
			loss[i] += lost
		}
	}
	return -1
}
