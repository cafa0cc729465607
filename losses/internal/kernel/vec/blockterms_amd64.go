//go:build !purego

package vec

// smallTerms is [terms] for row j, of logits x and labels y: what blockTerms has stored, where it
// has.
func (b *oddsRows[T]) smallTerms(j int, p *plan, h, phi, x, y []T) (sum, mass, slope float64, bad uint32) {
	o := &b.rows[j]
	c := o.coef()
	if !b.together {
		return terms(b.u, p, &o.softrow, h, phi, o.e, x, y, o.limit(p, c), o.log, c)
	}
	sum, mass, slope, bad = b.block.padLoss[j], b.block.padLSE[j], 1, b.signs>>j&1
	switch {
	case p.smooth != nil:
		slope = c * p.smooth.small.slope
	case p.kind == gce:
		sum *= p.factor
	}
	if sum-sum != 0 { // or a NaN: the loss may be infinite
		bad = 1
	}
	return sum, mass * slope, slope, bad
}

// blockTerms runs [terms] for the n rows of a block with logits z and labels t. It returns false
// where there is no kernel for that.
func (b *oddsRows[T]) blockTerms(p *plan, z, t []T, n int) (ok bool) {
	if b.most == 1 || !single512[T]() {
		return false
	}
	s, w := b.block, b.u.lanes()
	number := func(which int) []T { return s.numbers(which, w) }
	for j := range n {
		o := &b.rows[j]
		c := o.coef()
		number(0)[j] = o.limit(p, c)
		switch {
		case p.smooth != nil:
			number(1)[j] = T(2 * c / p.smooth.small.most)
		case p.kind == gce:
			x := powFor(&o.softrow, p.a, o.log)
			for i, v := range [...]T{x.a, x.aLow, x.low, x.shift, x.rem} {
				number(1 + i)[j] = v
			}
		default:
			number(1)[j], number(2)[j], number(3)[j] = o.m, T(o.log), T(c)
		}
	}
	h, e, x, y, work, lanes := float(&s.terms[0]), float(&b.rows[0].e[0]), float(&z[0]), float(&t[0]),
		float(&s.sums[0]), float(&s.lane[0])
	sum, mass := &s.padLoss[0], &s.padLSE[0]
	var u f32AVX512
	if p.kind == gce {
		b.signs = u.blockPowTerms(h, x, y, b.k, n, sum, mass, work, lanes)
		return true
	}
	switch par := float(parameters[T](p)); {
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
	return true
}
