package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// elementsAlong computes the derivatives of the elements' losses along the direction, and their
// gradients, of the logits z and the labels yes and no.
func elementsAlong(b *batch[float64], s sigmoidKernel, z, yes, no []float64) {
	const m = 512
	buf := dense.Grow(&b.soft, curveCount*m)
	var c curves
	for i := range c {
		c[i] = buf[i*m : (i+1)*m]
	}
	clear(c[zeroCurve])
	c[oneCurve][0] = 1
	repeat(c[oneCurve], 1)
	for lo := 0; lo < b.n; lo += m {
		hi := min(lo+m, b.n)
		part := b.slice(lo, hi)
		slope, bend := c.evaluate(s, z[lo:hi], yes[lo:hi], no[lo:hi])
		v := part.direction
		if b.temperature != 1 {
			v = c[yesCurve][:part.n]
			for i, x := range part.direction {
				v[i] = x / b.temperature
			}
		}
		kernel.Times(slope, v)
		copy(part.loss, slope)
		if b.grad == nil {
			continue
		}
		kernel.Times(bend, v)
		if len(part.scale) > 1 {
			kernel.Times(bend, part.scale)
			copy(part.grad, bend)
		} else {
			kernel.Factors(part.grad, bend, part.scale[0])
		}
	}
}

// curves are what derivatives of elements are made of, by the names below.
type curves [curveCount][]float64

const (
	slopeCurve    = iota // of the losses
	bendCurve            // their second derivatives
	pCurve               // σ(z)
	minusQCurve          // -σ(-z)
	yesCurve             // what a separable loss costs where the answer is yes,
	yesSlopeCurve        // and its derivative,
	noCurve              // and where it is no
	noSlopeCurve
	zeroCurve
	oneCurve
	curveCount
)

// evaluate returns the first two derivatives of the losses. With p, q = 1-p, what a label costs as
// yes and no, φ and ψ, and their derivatives φ' and ψ', the second one is for the labels t and u
//
//	cross entropy   (t + u) p q
//	Poly1           p q (t (1 + a (p-q)) + u (1 - a (p-q)))
//	GCE and others  u ψ' (q - c p) - t φ' (p - b q), with [kernel.Bend] b of p and c of q
//	Focal           u q ((1+2a) ψ' - a (1+a q) ψ) - t p ((1+2a) φ' + a (1+a p) φ)
func (c *curves) evaluate(s sigmoidKernel, z, yes, no []float64) (slope, bend []float64) {
	n, one := len(z), c[oneCurve][:1]
	at := func(i int) []float64 { return c[i][:n:n] }
	slope, bend = at(slopeCurve), at(bendCurve)
	if s.kind == sigmoidQuestion {
		kernel.SigmoidQuestion(s.question, bend, slope, z, yes, no, one)
		sparseBends(s.question.Kind == kernel.Entmax15, bend, slope, z)
		return slope, bend
	}
	kernel.SigmoidCrossEntropy(slope, at(pCurve), z, at(zeroCurve), at(oneCurve), one)
	kernel.SigmoidCrossEntropy(slope, at(minusQCurve), z, at(oneCurve), at(zeroCurve), one)
	a, x, y := s.a, at(pCurve), at(minusQCurve)
	yes, no = yes[:n], no[:n]
	switch {
	case s.kind != sigmoidSeparable:
		for i, p := range x {
			q := -y[i]
			slope[i], bend[i] = no[i]*p-yes[i]*q, (yes[i]+no[i])*p*q
		}
		return slope, bend
	case s.family == kernel.Poly1:
		for i, p := range x {
			q := -y[i]
			d := a * (p - q)
			slope[i] = no[i]*p*(1+a*q) - yes[i]*q*(1+a*p)
			bend[i] = p * q * (yes[i]*(1+d) + no[i]*(1-d))
		}
		return slope, bend
	}
	f, df, g, dg := at(yesCurve), at(yesSlopeCurve), at(noCurve), at(noSlopeCurve)
	kernel.SigmoidSeparable(s.family, a, f, df, z, at(oneCurve), at(zeroCurve), one)
	kernel.SigmoidSeparable(s.family, a, g, dg, z, at(zeroCurve), at(oneCurve), one)
	for i, p := range x {
		q, t, u := -y[i], yes[i], no[i]
		slope[i] = t*df[i] + u*dg[i]
		if s.family.Bends() {
			bend[i] = u*dg[i]*(q-kernel.Bend(s.family, a, q, p)*p) - t*df[i]*(p-kernel.Bend(s.family, a, p, q)*q)
			continue
		}
		const most = 1e300 // times a p of 0 it is 0
		bend[i] = u*q*((1+2*a)*dg[i]-a*(1+a*q)*min(g[i], most)) - t*p*((1+2*a)*df[i]+a*(1+a*p)*min(f[i], most))
	}
	return slope, bend
}

// sparseBends stores the derivatives of the p of a sparse map by z, NaN where a slope is: 1/2 for
// |z| < 1, or of Entmax15 with d = |z|/2 < 1
//
//	p = (1 + d √(2-d²))/2,   p' = (1-d²)/(2 √(2-d²))
//
// for z > 0, and 0 elsewhere.
func sparseBends(entmax bool, bend, slope, z []float64) {
	for i, x := range z {
		x = math.Abs(x)
		v := 0.5
		if entmax {
			x /= 2
			v = (1 - x) * (1 + x) / (2 * math.Sqrt(max(2-x*x, 1)))
		}
		if !(x < 1) {
			v = 0
		}
		bend[i] = v + 0*slope[i]
	}
}
