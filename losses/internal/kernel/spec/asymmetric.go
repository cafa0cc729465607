package spec

// Asymmetric holds the parameters of [SigmoidAsymmetric].
type Asymmetric struct{ GammaPos, GammaNeg, Margin float64 }

// SigmoidAsymmetric computes, with p = σ(z) and d = max(p - Margin, 0),
//
//	loss = -yes (1-p)^GammaPos log p - no d^GammaNeg log(1-d)
//
// for elements as [SigmoidCrossEntropy] takes them.
func SigmoidAsymmetric[T Float](a Asymmetric, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return Elements(Sides, loss, grad, z, yes, no, scale, a.Of)
}

// Of is [SeparableSides] of the loss.
func (a Asymmetric) Of(yes, no Side, t, u float64) (loss, slope float64) {
	loss, slope = SeparableSides(Focal, a.GammaPos, yes, no, t, 0)
	if u != 0 {
		v, dv := a.No(no.L, no.P, no.Rest)
		loss, slope = loss+u*v, slope-u*dv*no.Rest
	}
	return loss, slope
}

// No returns φ of the class no, and its derivative by l = log p, with q = 1-p.
func (a Asymmetric) No(l, p, q float64) (v, dv float64) {
	if a.Margin == 0 {
		v, dv, _ = Phi(Focal, a.GammaNeg, l, q)
		return v, dv
	}
	if q <= a.Margin { // surely a no
		return 0, 0
	}
	d, rest := q-a.Margin, p+a.Margin // 1 - d, where d is nearly 1 too
	log, w := LogOf(rest, d), Pow(d, a.GammaNeg)
	v, dv = -w*log, -w*p/rest
	if p != 0 {
		dv += a.GammaNeg * w * p * (log / d) // w / d may overflow
	}
	return v, dv
}
