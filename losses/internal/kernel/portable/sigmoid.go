package portable

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// SigmoidCrossEntropy is [spec.SigmoidCrossEntropy].
func SigmoidCrossEntropy[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	ok = true
	for i, x := range z {
		e, l := odds(float64(x), spec.Size[T]() == 4)
		u := float64(yes[i])
		size, t, sign := math.Abs(float64(x)), 1-u, -1.0
		if no != nil {
			t = float64(no[i])
		} else if !(u >= 0 && u <= 1) {
			ok = false
		}
		if x > 0 {
			t, u, sign = u, t, 1
		}
		v := (t + u) * l
		if u != 0 {
			v += u * size
		}
		if loss[i] = v; grad != nil {
			grad[i] = T(sign * spec.Factor(scale, i) * ((u - t*e) / (1 + e)))
		}
	}
	return ok
}

// odds returns exp(-|z|) and log1p of that, NaN for +Inf, short to 2e-9.
func odds(z float64, short bool) (e, l float64) {
	d := -math.Abs(z)
	if z > math.MaxFloat64 {
		d = math.NaN()
	}
	y := d * expScale
	n := y + expMagic
	i := math.Float64bits(n)
	switch {
	case int64(i) < expLow:
		e = math.Exp(d)
	case short:
		e = power32(y, n, i)
	default:
		e = power64(d, n, i)
	}
	return e, log1p(e, short)
}

// log1p returns log1p(e) = 2 (s + s³ tail) for 0 <= e <= 1, short to 1e-9.
func log1p(e float64, short bool) float64 {
	s, square, tail := atanh(e, short)
	return 2 * (s + s*square*tail)
}

// atanh returns s = e/(2+e), s² and tail with atanh(s) = s + s³ tail.
func atanh(e float64, short bool) (s, square, tail float64) {
	s = e / (2 + e)
	x := s * s
	if short {
		return s, x, 0.333333336602653466 + x*(0.19999853165368411+x*(0.142961790295768664+
			x*(0.10853287353049823+x*0.116121674374490649)))
	}
	const (
		c0, c1, c2 = 0.333333333333333334, 0.199999999999997613, 0.142857142858000504
		c3, c4, c5 = 0.111111110991182868, 0.0909090994898757902, 0.0769227198220571244
		c6, c7, c8 = 0.0666758932063522566, 0.0586713946446953233, 0.0542258973446758828
		c9, c10    = 0.0374606949312179557, 0.0781529346318860002
	)
	y := x * x
	low := (c0 + x*c1) + y*((c2+x*c3)+y*(c4+x*c5))
	return s, x, low + y*y*y*((c6+x*c7)+y*((c8+x*c9)+y*c10))
}

// sides is [spec.Sides].
func sides(z float64) (yes, no spec.Side) {
	e, l := odds(z, false)
	return spec.SidesOf(z, e, l)
}

// SigmoidMAE is [spec.SigmoidMAE].
func SigmoidMAE[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return spec.Elements(sides, loss, grad, z, yes, no, scale, spec.MAESides)
}

// SigmoidKL is [spec.SigmoidKL].
func SigmoidKL[T spec.Float](loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return spec.Elements(sides, loss, grad, z, yes, no, scale, spec.KLSides)
}

// SigmoidQuestion is [spec.SigmoidQuestion].
func SigmoidQuestion[T spec.Float](q spec.Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return spec.QuestionBy(sides, q, loss, grad, z, yes, no, scale)
}

// SigmoidAsymmetric is [spec.SigmoidAsymmetric].
func SigmoidAsymmetric[T spec.Float](a spec.Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return spec.Elements(sides, loss, grad, z, yes, no, scale, a.Of)
}
