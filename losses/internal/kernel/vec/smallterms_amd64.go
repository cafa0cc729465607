//go:build !purego

package vec

import "softloss/losses/internal/kernel/spec"

// smallTerms is [terms] for row j, of logits x and labels y: what blockTerms has stored, where it
// has.
func (b *oddsRows[T]) smallTerms(j int, p *plan, h, phi, x, y []T) (sum, mass, slope float64, bad uint32) {
	o := &b.rows[j]
	c := o.coef
	if !b.together {
		return terms(b.u, p, &o.softrow, h, phi, o.e, x, y, o.limit(p, c), o.log, c)
	}
	sum, mass, slope, bad = b.block.padLoss[j], b.block.padLSE[j], 1, b.signs>>j&1
	factor := p.smallFactor()
	switch {
	case b.steep:
		factor, slope = byTable(), p.steepSlope(c)
	case p.smooth != nil:
		slope = c * p.smooth.small.slope
	}
	sum *= factor
	if sum-sum != 0 { // or a NaN: the loss may be infinite
		bad = 1
	}
	return sum, mass * slope, slope, bad
}

// termNumbers are what blockTerms takes of the rows, beside what exps has stored of them.
func (b *oddsRows[T]) termNumbers() []T { return b.block.lane[lanesPerRow*b.u.lanes():] }

// blockTerms runs [terms] for the n rows of a block with exponentials es, logits z and labels t, of
// which the even ones have their numbers.
func (b *oddsRows[T]) blockTerms(p *plan, es, z, t []T, n int, even uint32) {
	s, w := b.block, b.u.lanes()
	for j := range n {
		if even>>j&1 != 0 {
			continue
		}
		o := &b.rows[j]
		c := o.coef
		lane := b.termNumbers()[j:]
		lane[0] = o.limit(p, c)
		switch {
		case b.steep:
			o.steepNumbers(p, c, lane[w:], w)
		case p.smooth != nil:
			lane[w] = T(2 * c / p.smooth.small.most)
		case p.kind == gce:
			lane[w], lane[2*w], lane[3*w], lane[4*w], lane[5*w] = powFor(&o.softrow, p.a, o.log)
		default:
			lane[w], lane[2*w], lane[3*w] = o.m, T(o.log), T(c)
		}
	}
	h, e, x, y, work, lanes := float(&s.terms[0]), float(&es[0]), float(&z[0]), float(&t[0]),
		float(&s.sums[0]), float(&b.termNumbers()[0])
	sum, mass := &s.padLoss[0], &s.padLSE[0]
	u := singleOf(b.u)
	if p.kind == gce {
		b.signs = u.blockPowTerms(h, x, y, b.k, n, sum, mass, work, lanes)
		return
	}
	switch par := float(parameters[T](p)); {
	case b.steep && p.kind == focalPow:
		b.signs = u.blockSteepFocalTerms(h, e, x, y, b.k, n, sum, mass, work, lanes, par)
	case b.steep:
		b.signs = u.blockSteepExpTerms(h, e, x, y, b.k, n, sum, mass, work, lanes, par)
	case p.smooth != nil && p.smooth.small.linked && p.smooth.small.more:
		b.signs = u.blockLinkedMoreTerms(h, e, y, b.k, n, sum, mass, work, lanes, par)
	case p.smooth != nil && p.smooth.small.linked:
		b.signs = u.blockLinkedTerms(h, e, y, b.k, n, sum, mass, work, lanes, par)
	case p.smooth != nil && p.smooth.small.more:
		b.signs = u.blockSmoothMoreTerms(h, e, y, b.k, n, sum, mass, work, lanes, par)
	case p.smooth != nil:
		b.signs = u.blockSmoothTerms(h, e, y, b.k, n, sum, mass, work, lanes, par)
	case p.kind == poly1:
		b.signs = u.blockPolyTerms(h, e, x, y, b.k, n, sum, mass, work, lanes, par)
	case p.few():
		b.signs = u.blockFocalFewTerms(h, e, x, y, b.k, n, sum, mass, work, lanes, par)
	default:
		b.signs = u.blockFocalTerms(h, e, x, y, b.k, n, sum, mass, work, lanes, par)
	}
}

// terms stores h = -t φ'(l)/slope and returns Σ t φ(l) and Σ -t φ'(l), all of classes of a small p:
// as if the labels of those beyond limit were 0, of x for generalised cross entropy and of e for
// others. bad is not 0 where a label is invalid, one of those too. Unless phi is nil it stores φ(l)
// there, of no meaning for a class beyond limit.
func terms[T spec.Float](
	u unit[T], p *plan, s *softrow[T], h, phi, e, x, y []T, limit T, log, c float64) (
	sum, mass, slope float64, bad uint32) {
	n, par := len(x), parameters[T](p)
	switch slope = 1; {
	case p.smooth != nil:
		run := u.smoothTerms
		switch f := &p.smooth.small; {
		case f.linked && f.more:
			run = u.linkedMoreTerms
		case f.linked:
			run = u.linkedTerms
		case f.more:
			run = u.smoothMoreTerms
		}
		sum, mass, bad = run(&h[0], first(phi), &e[0], &y[0], n, limit, T(2*c/p.smooth.small.most), par, s.ahead)
		slope = c * p.smooth.small.slope
		sum *= p.smallFactor()
		scalePhi(phi, p.smallFactor())
	case p.kind == gce:
		a, aLow, low, shift, rem := powFor(s, p.a, log)
		sum, mass, bad = u.powTerms(&h[0], first(phi), &x[0], &y[0], n, limit, a, aLow, low, shift, rem, s.ahead)
		sum *= p.smallFactor()
		scalePhi(phi, p.smallFactor())
	case p.kind == poly1:
		sum, mass, bad = u.polyTerms(&h[0], first(phi), &e[0], &x[0], &y[0], n, limit, s.m, T(log), T(c), par, s.ahead)
	case p.few():
		sum, mass, bad = u.focalFewTerms(&h[0], first(phi), &e[0], &x[0], &y[0], n, limit, s.m, T(log), T(c), par, s.ahead)
	default:
		sum, mass, bad = u.focalTerms(&h[0], first(phi), &e[0], &x[0], &y[0], n, limit, s.m, T(log), T(c), par, s.ahead)
	}
	return sum, mass * slope, slope, bad
}

// steepNumbers stores what the kernels of a steep loss take of a row beside its limit, apart from
// each other, for probabilities c e.
func (o *oddsRow[T]) steepNumbers(p *plan, c float64, to []T, apart int) {
	rate, lse := -p.steep*c*byTable(), float64(o.m)+o.log
	high, top := T(rate), T(lse)
	for i, x := range [...]T{o.m - steepReach, o.shift, high, T(rate - float64(high)), top, T(lse - float64(top)), T(c),
		T(p.bySteep)} {
		to[i*apart] = x
	}
}
