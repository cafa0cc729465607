//go:build !purego

package kernel

import "math"

// chunk is how many elements are summed in the element type, 64 in a lane, before the sum goes to a float64.
func chunk[T Float](u unit[T]) int { return 64 * u.lanes() }

// softrow is what the exponentials of one row need: exp(z) 2^-shift for all z, with exp(m) = 2^shift em for the
// maximum m. Terms below low are 0.
type softrow[T Float] struct {
	m, low, shift T
	em            float64
	ahead         int // bytes to prefetch ahead: the next row, or part of this one
}

// begin prepares a row. It declines rows whose largest logit is not finite, or so
// large that the assembly would lose bits: those are for the specification.
func begin[T Float](u unit[T], z []T) (s softrow[T], ok bool) {
	m, shift, em := u.maxExp(&z[0], len(z))
	bound, lowest := T(1<<20), T(-104.5)
	if Tiny[T]() < 0x1p-200 {
		bound, lowest = T(1<<40), -746
	}
	ahead := min(len(z)*sizeOf[T](), 4096)
	return softrow[T]{m, m + lowest, shift, float64(em), ahead}, m < bound && m > -bound
}

// exactly stores the exponentials of z in e and returns what rest does, with no more than the errors of many float32
// exponentials: em is exact, and where one exponential dominates, the others are summed in float64.
func (s *softrow[T]) exactly(u unit[T], v wide[T], e, z []T) (r float64, a int) {
	sum := s.exps(u, e, z)
	if sizeOf[T]() == 8 {
		return s.rest(u, e, z, sum)
	}
	s.em = math.Exp(float64(s.m) - float64(s.shift)*math.Ln2)
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) { // there is a NaN
		return sum, -1
	}
	return s.exactBut(v, z, a), a
}

// exactBut returns the sum of the exponentials but that at a over it, in float64.
func (s *softrow[T]) exactBut(v wide[T], z []T, a int) (r float64) {
	for _, part := range [2][]T{z[:a], z[a+1:]} {
		if len(part) > 0 {
			r += v.sumExp(&part[0], len(part), float64(s.low), float64(s.shift), 0)
		}
	}
	return r / s.em
}

// exactRest is rest without exponentials in the element type at all. ok is false when there is a NaN.
func (s *softrow[T]) exactRest(u unit[T], v wide[T], z []T) (r float64, a int, ok bool) {
	if sizeOf[T]() == 4 {
		s.em = math.Exp(float64(s.m) - float64(s.shift)*math.Ln2)
	}
	sum := v.sumExp(&z[0], len(z), float64(s.low), float64(s.shift), s.ahead)
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1, true
	}
	if a = u.find(&z[0], len(z), s.m); a == len(z) || sum != sum {
		return 0, 0, false
	}
	return s.exactBut(v, z, a), a, true
}

// spread is how many times the largest exponential their sum must be for it to be taken
// out by subtraction: the error of r then grows by a seventh.
const spread = 8

// largest returns a quarter of the largest number: a row whose labels sum to more is for the specification.
func largest[T Float]() float64 {
	if sizeOf[T]() == 4 {
		return math.MaxFloat32 / 4
	}
	return math.MaxFloat64 / 4
}

// rest returns r, the sum of the exponentials but the largest over that, from the sum of all. Where one exponential dominates
// it finds it at a and adds up the others anew: from e, which holds them, or where e is nil from the logits z.
// Otherwise a is -1: no position is special.
func (s *softrow[T]) rest(u unit[T], e, z []T, sum float64) (r float64, a int) {
	if sum > spread*s.em {
		return (sum - s.em) / s.em, -1
	}
	a = u.find(&z[0], len(z), s.m)
	if a == len(z) { // there is a NaN: m is finite, so it is in the sum
		return sum, -1
	}
	return s.sumBut(u, e, z, a) / s.em, a
}

// sumBut returns the sum of the exponentials but that at a.
func (s *softrow[T]) sumBut(u unit[T], e, z []T, a int) (sum float64) {
	for _, part := range [2][2]int{{0, a}, {a + 1, len(z)}} {
		for lo := part[0]; lo < part[1]; lo += chunk(u) {
			n := min(chunk(u), part[1]-lo)
			if e != nil {
				sum += u.sum(&e[lo], n)
			} else {
				sum += u.sumExp(&z[lo], n, s.low, s.shift, 0)
			}
		}
	}
	return sum
}

// exps stores the exponentials in e and returns their sum.
func (s *softrow[T]) exps(u unit[T], e, z []T) (sum float64) {
	for lo := 0; lo < len(z); lo += chunk(u) {
		sum += u.exps(&e[lo], &z[lo], min(chunk(u), len(z)-lo), s.low, s.shift, s.ahead)
	}
	return sum
}

// sum returns the sum of the exponentials.
func (s *softrow[T]) sum(u unit[T], z []T) (sum float64) {
	for lo := 0; lo < len(z); lo += chunk(u) {
		sum += u.sumExp(&z[lo], min(chunk(u), len(z)-lo), s.low, s.shift, s.ahead)
	}
	return sum
}

// factor returns the slice that holds the scale of row i alone.
func factor[T Float](scale []T, i int) []T {
	if len(scale) == 1 {
		return scale
	}
	return scale[i : i+1]
}

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
	if !(mass <= largest[T]()) {
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
	u.combine(&g[0], &y[0], len(g), T(f*mass/((1+r)*s.em)), T(f))
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
		if !ok {
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

func maeRows[T Float](u unit[T], v wide[T], loss []float64, grad, z, t, scale, scratch []T, k int) (bad int) {
	for i := range loss {
		x, y, g := rowOf(z, i, k), rowOf(t, i, k), rowOf(grad, i, k)
		e := scratch[:k]
		if g != nil {
			e = g
		}
		s, ok := begin(u, x)
		if ok {
			ok = maeRow(u, v, s, &loss[i], g != nil, e, x, y, at(scale, i))
		}
		if !ok && mae(loss[i:i+1], g, x, y, factor(scale, i), scratch, k) >= 0 {
			return i
		}
	}
	return -1
}

// maeRow computes one row in e. It returns false for a row with an invalid label.
func maeRow[T Float](u unit[T], v wide[T], s softrow[T], loss *float64, grad bool, e, x, y []T, f float64) bool {
	r, a := s.exactly(u, v, e, x)
	if a < 0 {
		a = u.find(&x[0], len(x), s.m)
		if a == len(x) {
			return false
		}
	}
	c := 1 / ((1 + r) * s.em)
	own := float64(y[a])
	if !(own >= 0) || math.IsInf(own, 1) {
		return false
	}
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
	if grad {
		v.maeGrad(&e[0], &y[0], len(e), c, sa, delta, f*c)
		e[a] = T(f * delta / (1 + r))
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
