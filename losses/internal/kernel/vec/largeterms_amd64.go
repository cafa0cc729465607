//go:build !purego

package vec

// Rows with several large p: what terms computes of the others is exact enough, and these are few,
// so that they are gathered for exactTerms.

// mixedTerms is terms for a row with large p, of which it leaves out that at top alone.
func (b *oddsRows[T]) mixedTerms(j int, p *plan, h, phi, x, y []T) (sum, mass, slope float64, bad uint32) {
	if b.block == nil {
		b.block = getTile[T]()
	}
	o := &b.rows[j]
	s, limit, by := b.block, o.limit(p, o.coef), o.e
	if p.kind == gce {
		by = x
	}
	sum, mass, slope, bad = b.smallTerms(j, p, h, phi, x, y)
	n := 0
	for _, at := range s.at[:b.u.above(&s.at[0], &by[0], len(by), limit)] {
		if int(at) != o.top {
			s.at[n], s.z[n], s.t[n] = at, x[at], y[at]
			n++
		}
	}
	if n == 0 {
		return sum, mass, slope, bad
	}
	var values []T
	if phi != nil {
		values = s.e[:n]
	}
	more, large, _ := exactTerms(b.v, p, s.h[:n], values, s.z[:n], s.t[:n], n, float64(o.m), o.log)
	for i, at := range s.at[:n] {
		h[at] = T(float64(s.h[i]) / slope)
		if phi != nil {
			phi[at] = values[i]
		}
	}
	return sum + more, mass + large, slope, bad
}
