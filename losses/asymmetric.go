package losses

import "math"

// Asymmetric is the asymmetric loss, for yes-or-no questions to which most answers are no: a sure
// and right no costs nothing. It is for [SigmoidLink], p = σ(z), alone.
//
//	L = -t (1-p)^GammaPos log p - (1-t) p_m^GammaNeg log(1-p_m),   p_m = max(p - Margin, 0)
//	dL/dz = t (1-p)^GammaPos (GammaPos p log p - (1-p))
//	        + (1-t) p (1-p) p_m^(GammaNeg-1) (p_m/(1-p_m) - GammaNeg log(1-p_m)),   p_m > 0
//	dL/dt = -(1-p)^GammaPos log p + p_m^GammaNeg log(1-p_m)
//
// The gradient flows through the factors. With GammaPos = GammaNeg = Margin = 0 it is cross
// entropy, with GammaPos = GammaNeg = γ and Margin = 0 the sigmoid focal loss. It is linear in t:
// other libraries agree for labels 0 and 1, and mix the factors of soft ones.
//
// Shapes: as [SigmoidLink] has them, logits and labels [N, K] or [N], the loss a scalar or of their
// shape.
//
// Special cases are those of [CrossEntropy]; it has a kink at p = Margin when GammaNeg <= 1.
//
// Errors: [ErrParam] unless GammaPos and GammaNeg are finite and >= 0 and 0 <= Margin < 1, and
// under [SoftmaxLink].
//
// Source: Ben-Baruch et al., ICCV 2021, arXiv:2009.14119, eqs. (4) to (7). Golden file:
// testdata/peers_classifiers.json (timm).
type Asymmetric struct {
	GammaPos, GammaNeg float64 // how fast the weight of what is right falls; the paper uses 0 or 1, and 4
	Margin             float64 // the paper uses 0.05
}

var rangeMargin = Range{Min: 0, Max: 1, OpenMax: true}

// Validate implements [Validator].
func (a Asymmetric) Validate() error {
	if err := factor.check("Asymmetric.GammaPos", a.GammaPos, "the paper uses 0 or 1"); err != nil {
		return err
	}
	if err := factor.check("Asymmetric.GammaNeg", a.GammaNeg, "the paper uses 4"); err != nil {
		return err
	}
	return rangeMargin.check("Asymmetric.Margin", a.Margin, "the paper uses 0.05")
}

// Row implements [Loss] for rows of two classes, yes and no.
func (a Asymmetric) Row(r Row) (loss float64) {
	if len(r.P) != 2 {
		return math.NaN()
	}
	return termsOf(r, func(k int) (v, dv float64) {
		l, p, q := r.LogP[k], r.P[k], r.Rest[k]
		if k == 0 {
			return focalTerm(a.GammaPos, l, p, q)
		}
		if a.Margin == 0 {
			return focalTerm(a.GammaNeg, l, p, q)
		}
		if q <= a.Margin { // surely a no
			return 0, 0
		}
		d, rest := q-a.Margin, p+a.Margin // 1 - d, where d is nearly 1 too
		log := logOf(rest, d)
		f := math.Pow(d, a.GammaNeg)
		return -f * log, -f*p/rest + a.GammaNeg*f/d*times(p, log)
	})
}

// focalTerm returns -q^gamma l and its derivative by l, for l = log p and q = 1 - p.
func focalTerm(gamma, l, p, q float64) (v, dv float64) {
	if gamma == 0 {
		return -l, -1
	}
	f := math.Pow(q, gamma)
	if q == 0 {
		return 0, 0
	}
	return -f * l, -f + gamma*f/q*times(p, l)
}

// LinearInTarget implements [LinearLoss].
func (Asymmetric) LinearInTarget() bool { return true }

// needsElements says that the loss is one of yes-or-no questions.
func (Asymmetric) needsElements() bool { return true }
