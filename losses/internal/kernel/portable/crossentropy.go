package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// CrossEntropy is [spec.CrossEntropy].
func CrossEntropy[T spec.Float](loss []float64, grad, z, t, scale []T, k int) (bad int) {
	for i := range loss {
		g, x, y := spec.Row(grad, i, k), spec.Row(z, i, k), spec.Row(t, i, k)
		l, ok := crossEntropyRow(g, x, y, spec.Factor(scale, i))
		if loss[i] = l; !ok && spec.CrossEntropy(loss[i:i+1], g, x, y, spec.FactorOf(scale, i), k) >= 0 {
			return i
		}
	}
	return -1
}

// crossEntropyRow computes one row. It returns false for a row with a label that is for the
// specification, and for one whose labels overflow.
func crossEntropyRow[T spec.Float](g, x, y []T, f float64) (loss float64, ok bool) {
	m, a := argmax(x)
	s := expDot(g, x, y, m, a)
	r := (m - m) + s.exps
	mass := s.labels + float64(y[a])
	if s.negative || math.Signbit(float64(y[a])) || !(mass <= math.MaxFloat64) {
		return 0, false
	}
	if g != nil {
		g[a] = 1
		spec.SoftGrad(g, y, x, m, a, r, s.labels, f)
	}
	return mass*math.Log1p(r) - s.dot, true
}

// sums are those of a row without its maximum.
type sums struct {
	exps, labels, dot float64 // Σ exp(z_k - M), Σ t_k, Σ t_k (z_k - M)
	negative          bool    // a label has a sign
}

// expDot stores exp(z_k - m) in e, unless that is nil, and returns the sums, all without the
// maximum at a. One loop serves both, so that the loss does not depend on whether a gradient is
// wanted.
func expDot[T spec.Float](e, z, t []T, m float64, a int) (s sums) {
	if spec.Size[T]() == 8 {
		return expDot64(e, z, t, m, a)
	}
	return expDot32(e, z, t, m, a)
}

func expDot32[T spec.Float](e, z, t []T, m float64, a int) sums {
	t = t[:len(z)]
	var r, labels, dot float64
	var signs uint32
	for j, x := range z {
		if j == a {
			continue
		}
		y := (float64(x) - m) * expScale
		n := y + expMagic
		i := math.Float64bits(n)
		signs |= math.Float32bits(float32(t[j]))
		v := float64(t[j])
		labels += v
		var p float64
		if int64(i) < expLow {
			p = math.Exp(float64(x) - m)
			if v != 0 {
				dot += v * y
			}
		} else {
			p = power32(y, n, i)
			dot += v * y
		}
		if j < len(e) {
			e[j] = T(p)
		}
		r += p
	}
	return sums{exps: r, labels: labels, dot: dot / expScale, negative: int32(signs) < 0}
}

func expDot64[T spec.Float](e, z, t []T, m float64, a int) sums {
	if half := spec.Half[T](len(z)); half > 0 {
		head, tail := spec.Halves(e, half)
		s, r := expDot64(head, z[:half], t[:half], m, a), expDot64(tail, z[half:], t[half:], m, a-half)
		return sums{s.exps + r.exps, s.labels + r.labels, s.dot + r.dot, s.negative || r.negative}
	}
	t = t[:len(z)]
	var r, labels, dot float64
	var signs uint64
	for j, x := range z {
		if j == a {
			continue
		}
		d := float64(x) - m
		n := d*expScale + expMagic
		i := math.Float64bits(n)
		v := float64(t[j])
		signs |= math.Float64bits(v)
		labels += v
		var p float64
		if int64(i) < expLow {
			p = math.Exp(d)
			if v != 0 {
				dot += v * d
			}
		} else {
			p = power64(d, n, i)
			dot += v * d
		}
		if j < len(e) {
			e[j] = T(p)
		}
		r += p
	}
	return sums{exps: r, labels: labels, dot: dot, negative: int64(signs) < 0}
}

// CrossEntropyIndex is [spec.CrossEntropyIndex].
func CrossEntropyIndex[T spec.Float](loss []float64, grad, z []T, index []int, scale []T, k int) {
	for i, y := range index {
		x, g := spec.Row(z, i, k), spec.Row(grad, i, k)
		m, a, r := exps(g, x)
		loss[i] = math.Log1p(r) - (float64(x[y]) - m)
		if g != nil {
			spec.IndexGrad(g, a, y, r, spec.Factor(scale, i))
		}
	}
}
