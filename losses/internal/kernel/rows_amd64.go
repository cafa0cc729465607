//go:build !purego

package kernel

import "math"

func crossEntropyRows[T Float](u unit[T], loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		x, y, g := rowOf(z, i, k), rowOf(t, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if ok {
			ok = crossEntropyRow(u, s, &loss[i], g, x, y, at(scale, i))
		}
		if !ok && crossEntropy(loss[i:i+1], g, x, y, factor(scale, i), k) >= 0 {
			return i
		}
	}
	return -1
}

// crossEntropyRow computes one row. It returns false for a row with an invalid label
// and for one whose labels overflow.
func crossEntropyRow[T Float](u unit[T], s softrow[T], loss *float64, g, x, y []T, f float64) bool {
	var sum, dot, mass float64
	for lo := 0; lo < len(x); lo += chunk(u) {
		n := min(chunk(u), len(x)-lo)
		var ps, pd, pm float64
		var bad uint32
		if g != nil {
			ps, pd, pm, bad = u.expsDot(&g[lo], &x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		} else {
			ps, pd, pm, bad = u.sumExpDot(&x[lo], &y[lo], n, s.m, s.low, s.shift, s.ahead)
		}
		if bad != 0 {
			return false
		}
		sum, dot, mass = sum+ps, dot+pd, mass+pm
	}
	if !fits[T](mass, f) {
		return false
	}
	r, a := s.rest(u, g, x, sum)
	*loss = mass*math.Log1p(r) - dot
	if g == nil {
		return true
	}
	s.softGrad(u, g, y, a, r, mass, f)
	return true
}

// softGrad turns g, which holds the exponentials, into f (S p - y), where a and r are those of rest.
func (s *softrow[T]) softGrad(u unit[T], g, y []T, a int, r, mass, f float64) {
	u.combine(&g[0], &y[0], len(g), T(mass/((1+r)*s.em)), T(f))
	if a < 0 || r >= 1 {
		return
	}
	others := 0.0 // the mass of the other labels
	for _, part := range [2][]T{y[:a], y[a+1:]} {
		for lo := 0; lo < len(part); lo += chunk(u) {
			others += u.sum(&part[lo], min(chunk(u), len(part)-lo))
		}
	}
	g[a] = T(f * (others - (others+float64(y[a]))*(r/(1+r))))
}

func crossEntropyIndexRows[T Float](u unit[T], loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g := rowOf(z, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if !ok || !fits[T](1, at(scale, i)) {
			crossEntropyIndex(loss[i:i+1], g, x, index[i:i+1], factor(scale, i), k)
			continue
		}
		var r float64
		if g == nil {
			r, _ = s.rest(u, nil, x, s.sum(u, x))
		} else {
			var a int
			r, a = s.rest(u, g, x, s.exps(u, g, x))
			s.indexGrad(u, g, a, y, r, at(scale, i))
		}
		loss[i] = math.Log1p(r) - (float64(x[y]) - float64(s.m))
	}
}

// indexGrad turns g, which holds the exponentials, into c (p - [k=y]).
func (s *softrow[T]) indexGrad(u unit[T], g []T, a, y int, r, c float64) {
	others := r / (1 + r) // 1 - p_y
	if y != a {
		others = 1 - float64(g[y])/((1+r)*s.em)
	}
	u.scale(&g[0], len(g), T(c/((1+r)*s.em)))
	if a >= 0 {
		g[a] = T(c / (1 + r))
	}
	g[y] = T(-c * others)
}

func maeRows[T Float](u unit[T], v wide[T], loss []float64, grad, z, t, scale []T, scratch []float64, k int) (bad int) {
	for i := range loss {
		x, y, g := rowOf(z, i, k), rowOf(t, i, k), rowOf(grad, i, k)
		s, ok := begin(u, x)
		if ok {
			ok = maeRow(u, v, s, &loss[i], g, scratch[:k], x, y, at(scale, i))
		}
		if !ok && mae(loss[i:i+1], g, x, y, factor(scale, i), scratch, k) >= 0 {
			return i
		}
	}
	return -1
}

// maeRow computes one row in float64: the difference of p and t may be much smaller than they are. It returns false for a
// row with an invalid label.
func maeRow[T Float](u unit[T], v wide[T], s softrow[T], loss *float64, g []T, e []float64, x, y []T, f float64) bool {
	sum := v.exps64(&e[0], &x[0], len(x), float64(s.low), float64(s.shift), s.ahead)
	a := u.find(&x[0], len(x), s.m)
	own := float64(y[a])
	if sum != sum || !(own >= 0) || math.IsInf(own, 1) {
		return false
	}
	r := (sum - e[a]) / e[a]
	if sum <= spread*e[a] {
		r = (Sum(e[:a]) + Sum(e[a+1:])) / e[a]
	}
	c := 1 / ((1 + r) * e[a])
	d := (1 - own) - r/(1+r)
	sa := sign(d)
	sum, delta := abs(d), 0.0
	for _, part := range [2][2]int{{0, a}, {a + 1, len(x)}} {
		if n := part[1] - part[0]; n > 0 {
			ps, pd, bad := v.maeSum(&e[part[0]], &y[part[0]], n, c, sa)
			if bad != 0 {
				return false
			}
			sum, delta = sum+ps, delta+pd*c
		}
	}
	*loss = sum
	if g != nil {
		v.maeGrad(&g[0], &e[0], &y[0], len(e), c, sa, delta, f*c)
		g[a] = T(f * delta / (1 + r))
	}
	return true
}

// smoothRows is Smooth for many classes.
func smoothRows[T Float](u unit[T], dst, t []T, keep, cut, add, addMass float64, k int) (bad int) {
	for i := range len(t) / k {
		x, d := rowOf(t, i, k), rowOf(dst, i, k)
		var mass, nnz float64
		var flags uint32
		for lo := 0; lo < k; lo += chunk(u) {
			pm, pn, bad := u.labelSums(&x[lo], min(chunk(u), k-lo))
			mass, nnz, flags = mass+float64(pm), nnz+float64(pn), flags|bad
		}
		if flags != 0 || !(mass <= math.MaxFloat64) {
			if smooth(d, x, keep, cut, add, addMass, k) >= 0 {
				return i
			}
			continue
		}
		u.smooth(&d[0], &x[0], k, T(keep), T(cut/max(nnz, 1)), T(add+addMass*mass))
	}
	return -1
}

func softmaxRows[T Float](u unit[T], dst, z []T, k int) {
	for i := range len(z) / k {
		x, d := rowOf(z, i, k), rowOf(dst, i, k)
		s, ok := begin(u, x)
		if !ok {
			softmax(d, x, k)
			continue
		}
		r, a := s.rest(u, d, x, s.exps(u, d, x))
		u.scale(&d[0], k, T(1/((1+r)*s.em)))
		if a >= 0 {
			d[a] = T(1 / (1 + r))
		}
	}
}

func logSoftmaxRows[T Float](u unit[T], dst, z []T, k int) {
	for i := range len(z) / k {
		x, d := rowOf(z, i, k), rowOf(dst, i, k)
		s, ok := begin(u, x)
		if !ok {
			logSoftmax(d, x, k)
			continue
		}
		r, _ := s.rest(u, nil, x, s.sum(u, x))
		u.shift(&d[0], &x[0], k, s.m, T(math.Log1p(r)))
	}
}

func logSumExpRows[T Float](u unit[T], dst, z []T, k int) {
	for i := range dst {
		x := rowOf(z, i, k)
		s, ok := begin(u, x)
		if !ok {
			logSumExp(dst[i:i+1], x, k)
			continue
		}
		r, _ := s.rest(u, nil, x, s.sum(u, x))
		dst[i] = T(float64(s.m) + math.Log1p(r))
	}
}
