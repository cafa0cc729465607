package oracle

import (
	"fmt"
	"math"
	"math/big"

	"softloss/losses"
)

// row is what a loss is a function of: the prediction's logits, or none, its probabilities p, their
// logarithms l and rest = 1 - p, and the target, of the classes whose probability is not 0.
type row struct {
	z, p, l, rest, t []*num
}

// loss returns the loss of a row, by the formula in the documentation of l.
func (t *tape) loss(l losses.Loss, r row) (*num, error) {
	if phi := t.phi(l, r); phi != nil {
		return t.separable(r, phi), nil
	}
	switch l := l.(type) {
	case losses.Asymmetric:
		return t.asymmetric(r, l), nil
	case losses.MAE:
		return t.overClasses(r, func(k int) *num { return t.abs(t.sub(r.p[k], r.t[k])) }), nil
	case losses.NCE: // Σ t l / Σ l
		if len(r.l) == 1 {
			return t.number(0), nil
		}
		return t.quo(t.separable(r, func(k int) *num { return r.l[k] }), t.sum(r.l)), nil
	case losses.ReverseCrossEntropy:
		return t.reverse(r, l.A), nil
	case losses.SymmetricCrossEntropy:
		return t.add(t.scale(l.Alpha, t.crossEntropy(r)), t.scale(l.Beta, t.reverse(r, l.A))), nil
	case losses.KL: // Σ t (log t - log p)
		return t.overClasses(r, func(k int) *num {
			if r.t[k].v.Sign() == 0 {
				return t.number(0)
			}
			return t.mul(r.t[k], t.sub(t.log(r.t[k]), r.l[k]))
		}), nil
	case losses.ConfidencePenalty:
		negentropy := t.overClasses(r, func(k int) *num { return t.mul(r.p[k], r.l[k]) })
		return t.add(t.crossEntropy(r), t.scale(l.Beta, negentropy)), nil
	case losses.BiTempered:
		return t.biTempered(r, l), nil
	case losses.Sparsemax:
		return t.sparsemax(r), nil
	case losses.Entmax15:
		return t.entmax(r), nil
	case losses.WeightedSum:
		sum := t.number(0)
		for _, term := range l {
			x, err := t.loss(term.Loss, r)
			if err != nil {
				return nil, err
			}
			sum = t.add(sum, t.scale(term.Weight, x))
		}
		return sum, nil
	}
	return nil, fmt.Errorf("oracle: no formula for %T", l)
}

// phi returns φ of a loss Σ_k t_k φ(k), nil for others.
func (t *tape) phi(l losses.Loss, r row) func(k int) *num {
	switch l := l.(type) {
	case nil, losses.CrossEntropy:
		return func(k int) *num { return t.neg(r.l[k]) }
	case losses.GCE: // (1 - p^Q)/Q
		return func(k int) *num { return t.quo(t.expm1(t.scale(l.Q, r.l[k])), t.number(-l.Q)) }
	case losses.Focal: // -(1-p)^Gamma log p
		return func(k int) *num { return t.neg(t.mul(t.pow(r.rest[k], l.Gamma), r.l[k])) }
	case losses.Poly1: // -log p + Epsilon (1-p)
		return func(k int) *num { return t.sub(t.scale(l.Epsilon, r.rest[k]), r.l[k]) }
	case losses.AGCE: // ((A+1)^Q - (A+p)^Q)/Q
		return func(k int) *num {
			most := t.pow(t.add(t.number(l.A), t.number(1)), l.Q)
			return t.quo(t.sub(most, t.pow(t.add(t.number(l.A), r.p[k]), l.Q)), t.number(l.Q))
		}
	case losses.AUL: // ((A-p)^Q - (A-1)^Q)/Q
		return func(k int) *num {
			least := t.pow(t.sub(t.number(l.A), t.number(1)), l.Q)
			return t.quo(t.sub(t.pow(t.sub(t.number(l.A), r.p[k]), l.Q), least), t.number(l.Q))
		}
	case losses.AEL: // exp(-p/A)
		return func(k int) *num { return t.exp(t.quo(r.p[k], t.number(-l.A))) }
	}
	return nil
}

// crossEntropy returns -Σ t log p.
func (t *tape) crossEntropy(r row) *num { return t.separable(r, t.phi(nil, r)) }

func (t *tape) neg(a *num) *num { return t.scale(-1, a) }

// overClasses returns the sum of a term for each class.
func (t *tape) overClasses(r row, term func(k int) *num) *num {
	s := t.number(0)
	for k := range r.l {
		s = t.add(s, term(k))
	}
	return s
}

// separable returns Σ_k t_k φ(k).
func (t *tape) separable(r row, phi func(k int) *num) *num {
	return t.overClasses(r, func(k int) *num { return t.mul(r.t[k], phi(k)) })
}

// asymmetric returns -t (1-p)^GammaPos log p - (1-t) q^GammaNeg log(1-q), q = max(p - Margin, 0),
// of a row of two classes.
func (t *tape) asymmetric(r row, l losses.Asymmetric) *num {
	positive := t.mul(t.pow(r.rest[0], l.GammaPos), r.l[0])
	q := t.sub(r.p[0], t.number(l.Margin))
	if q.v.Sign() <= 0 {
		return t.neg(t.mul(r.t[0], positive))
	}
	other := r.l[1]
	if l.Margin > 0 {
		other = t.log(t.sub(t.number(1), q))
	}
	negative := t.mul(t.pow(q, l.GammaNeg), other)
	return t.neg(t.add(t.mul(r.t[0], positive), t.mul(r.t[1], negative)))
}

// reverse returns -Σ p log t, log t at least a.
func (t *tape) reverse(r row, a float64) *num {
	return t.neg(t.overClasses(r, func(k int) *num {
		log := t.number(a)
		if r.t[k].v.Sign() > 0 {
			if l := t.log(r.t[k]); l.v.Cmp(log.v) > 0 {
				log = l
			}
		}
		return t.mul(r.p[k], log)
	}))
}

// biTempered returns Σ t (log_T1 t - log_T1 ŷ) - (t^(2-T1) - ŷ^(2-T1))/(2-T1), ŷ = exp_T2(z - λ)
// with the λ for which they sum to 1.
func (t *tape) biTempered(r row, b losses.BiTempered) *num {
	y, logY := r.p, r.l
	if c := b.T2 - 1; c > 0 {
		y, logY = nil, nil
		lambda := t.normaliser(r.z, c)
		for _, z := range r.z { // ŷ = (1 + c (λ - z))^(-1/c)
			l := t.quo(t.log(t.add(t.number(1), t.scale(c, t.sub(lambda, z)))), t.number(-c))
			y, logY = append(y, t.exp(l)), append(logY, l)
		}
	}
	logT1 := func(x, log *num) *num {
		e := 1 - b.T1
		if e == 0 {
			return log
		}
		return t.quo(t.sub(t.pow(x, e), t.number(1)), t.number(e))
	}
	return t.overClasses(r, func(k int) *num {
		x := r.t[k]
		first := t.number(0)
		switch {
		case x.v.Sign() > 0:
			first = t.mul(x, t.sub(logT1(x, t.log(x)), logT1(y[k], logY[k])))
		case b.T1 < 1: // x log_T1 x is 0, its derivative log_T1 0
			first = t.mul(x, t.sub(t.quo(t.number(-1), t.number(1-b.T1)), logT1(y[k], logY[k])))
		default: // only ŷ: the derivative by a label 0 is -Inf
		}
		powers := t.sub(t.pow(x, 2-b.T1), t.pow(y[k], 2-b.T1))
		return t.sub(first, t.quo(powers, t.number(2-b.T1)))
	})
}

// normaliser returns the λ for which Σ (1 + c (λ - z_k))^(-1/c) = 1. The sum is convex and falls as
// λ grows: Newton's method from the largest logit, where it is at least 1, climbs to the solution.
// The last step is taken on the tape, which gives λ its derivatives by the logits.
func (t *tape) normaliser(z []*num, c float64) *num {
	lambda := z[0]
	for _, x := range z[1:] {
		if x.v.Cmp(lambda.v) > 0 {
			lambda = x
		}
	}
	at := t.new().Add(lambda.v, t.new().SetFloat64(nearNormaliser(z, lambda, c)))
	for steps, settled := 0, false; steps < 10000 && !settled; steps++ {
		scratch := &tape{prec: t.prec}
		var terms []*num
		for _, x := range z {
			terms = append(terms, scratch.number(0))
			terms[len(terms)-1].v.Set(x.v)
		}
		step := scratch.newton(terms, at, c)
		moved := t.new().Sub(step.v, at)
		at.Set(step.v)
		settled = moved.Sign() == 0 || at.Sign() != 0 && moved.MantExp(nil) < at.MantExp(nil)-int(t.prec)*2/3
	}
	return t.newton(z, at, c)
}

// nearNormaliser returns, in float64, how far the λ of the logits is above the largest of them.
func nearNormaliser(z []*num, most *num, c float64) (by float64) {
	for range 200 {
		sum, slope := -1.0, 0.0
		for _, x := range z {
			gap, _ := new(big.Float).Sub(most.v, x.v).Float64()
			base := 1 + c*(by+gap)
			y := math.Pow(base, -1/c)
			sum, slope = sum+y, slope+y/base
		}
		step := sum / slope
		if by += step; !(math.Abs(step) > 1e-12*by) {
			break
		}
	}
	if by-by != 0 {
		return 0
	}
	return by
}

// newton returns the λ that follows the constant at.
func (t *tape) newton(z []*num, at *big.Float, c float64) *num {
	from := t.number(0)
	from.v.Set(at)
	f, slope := t.number(-1), t.number(0)
	for _, x := range z {
		base := t.add(t.number(1), t.scale(c, t.sub(from, x)))
		y := t.exp(t.quo(t.log(base), t.number(-c)))
		f, slope = t.add(f, y), t.add(slope, t.quo(y, base))
	}
	return t.add(from, t.quo(f, slope))
}

// smooth returns the smoothed target, by the table in the documentation of losses.SmoothingRule.
func (t *tape) smooth(s losses.Smoothing, target []*num) []*num {
	if s.Alpha == 0 {
		return target
	}
	k := float64(len(target))
	positive := 0
	for _, x := range target {
		if x.v.Sign() > 0 {
			positive++
		}
	}
	total := t.sum(target)
	var out []*num
	for j, x := range target {
		switch s.Rule {
		case losses.SmoothPrior:
			mu := t.quo(t.number(1), t.number(k))
			if s.Prior != nil {
				mu = t.number(s.Prior[j])
			}
			x = t.add(t.mul(t.sub(t.number(1), t.number(s.Alpha)), x), t.mul(t.scale(s.Alpha, mu), total))
		case losses.SmoothUniform:
			x = t.add(t.mul(t.sub(t.number(1), t.number(s.Alpha)), x), t.quo(t.number(s.Alpha), t.number(k)))
		case losses.SmoothNotebook:
			cut := t.number(0)
			if positive > 0 {
				if less := t.sub(x, t.quo(t.number(s.Alpha), t.number(float64(positive)))); less.v.Sign() > 0 {
					cut = less
				}
			}
			x = t.add(cut, t.quo(t.number(s.Alpha), t.number(k)))
		}
		out = append(out, x)
	}
	return out
}
