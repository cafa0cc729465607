package losses

import (
	"cmp"
	"math"

	"softloss/losses/internal/kernel"
)

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
	return cmp.Or(nonNegative.check("Asymmetric.GammaPos", a.GammaPos, "the paper uses 0 or 1"),
		nonNegative.check("Asymmetric.GammaNeg", a.GammaNeg, "the paper uses 4"),
		rangeMargin.check("Asymmetric.Margin", a.Margin, "the paper uses 0.05"))
}

// Row implements [Loss] for rows of two classes, yes and no.
func (a Asymmetric) Row(r Row) (loss float64) {
	if len(r.P) != 2 {
		return math.NaN()
	}
	return termsOf(r, func(k int) (v, dv float64) {
		if k == 0 {
			v, dv, _ = kernel.Phi(kernel.Focal, a.GammaPos, r.LogP[k], r.Rest[k])
			return v, dv
		}
		return kernel.Asymmetric(a).No(r.LogP[k], r.P[k], r.Rest[k])
	})
}

// LinearInTarget implements [LinearLoss].
func (Asymmetric) LinearInTarget() bool { return true }

func (Asymmetric) demands() demands { return demands{questions: true} }
