//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// A plan is how the assembly computes a separable loss: which kernels, and their parameters.
type plan struct {
	planOf
	ok     bool
	kind   planKind
	par    [5 + powDegree]float64 // the parameter a; for the focal loss x, y, the polynomial and the squarings too
	factor float64                // of the sum of the terms

	sigmoid [3]float64 // a, of GCE 1/a, of Poly1 1+a, and -a log2 e, for elements

	// for the kernels of the element type
	par32 [2 + focalDegree32]float32
	par64 [2 + focalDegree64]float64

	steepness float64 // how often an error of the odds counts where the maximum has p > 1/2

	steep, bySteep float64 // what steepRate returns, and the inverse

	smooth *smoothPlan // of such a family, of any kind
	linked []float64   // of linkedTile or, where nearPole is true, linkedPowerTile, nil where there is none

	nearPole bool
	lazyPieces
}

type planKind uint8

// The kernels, as they are called in the assembly.
const (
	gce planKind = iota
	poly1
	focal1
	focal7
	focalN
	focalPow
	base
	ael
	smooth
)

// mostGamma is the largest exponent of the focal loss for which the polynomials are exact enough:
// powers beyond are computed from their roots.
const mostGamma = 8

// planOf is what a plan is for: a loss, and the size of the elements.
type planOf struct {
	family spec.Family
	a      float64
	size   int
}

var plans recent.Plans[planOf, plan]

// planFor returns the plan for a loss of elements of a type. ok is false when there is no assembly
// for the parameter.
func planFor[T spec.Float](f spec.Family, a float64) (p *plan, ok bool) {
	if f == spec.Absolute {
		return nil, false
	}
	p = plans.For(planOf{f, a, spec.Size[T]()}, fitPlan)
	return p, p.ok
}

// fitPlan makes the plan of a loss.
func fitPlan(of planOf) *plan {
	f, a, size := of.family, of.a, of.size
	p := &plan{planOf: of, ok: true, factor: 1}
	p.par[0] = a
	if p.sigmoid = [3]float64{a, 1 + a, -a * math.Log2E}; f == spec.GCE {
		p.sigmoid[1] = 1 / a
	}
	switch {
	case f == spec.GCE: // below, a l may be denormal
		p.factor, p.ok = 1/a, a >= 0x1p-400
	case f.Smooth():
		if p.kind, p.smooth = smooth, smoothPlanFor(f, a, size); !p.smooth.exact(size) {
			p.ok = p.direct()
		}
		if p.ok && p.kind != ael {
			p.linked, p.nearPole = p.linkedFor()
		}
	case f == spec.Poly1, a == 0: // both may be cross entropy
		p.kind = poly1
	case a == 1 || a == 2: // (1-p)^(a-1) is 1, or 1-p
		p.kind = focal1
		p.par[3], p.par[4] = a-1, 2-a
	case a > mostGamma:
		p.kind, p.ok = focalPow, a < 1<<20
		times := max(1, math.Ceil(math.Log2((a-1)/(mostGamma-1))))
		p.par[1], p.par[2], p.par[4+powDegree] = -4, 1, times
		powPolynomial(p.pow(), (a-1)*math.Exp2(-times))
	case a > 0 && a == math.Trunc(a):
		p.kind = focal7
		p.par[3+7-int(a-1)] = 1
	default:
		p.kind = focalN
		p.par[1], p.par[2] = -4, 1
		powPolynomial(p.pow(), a-1)
	}
	p.par32[0], p.par64[0] = float32(a), a
	c := -1.0 // Taylor's series of (1-(1-p)^(a-1))/p, whose coefficients are binomial
	for i := range len(p.par64) - 1 {
		c *= -(a - 1 - float64(i)) / float64(i+1)
		p.par64[len(p.par64)-1-i] = c
		if n := len(p.par32) - 1 - i; n > 0 {
			p.par32[n] = float32(c)
		}
	}
	p.steepness = steepness(f, a)
	p.steep = p.steepRate()
	p.bySteep = 1 / p.steep
	return p
}

// steepness returns how many times a relative error of the odds r < 1 against a class is in φ and
// in (1-p) φ', which is in the gradient.
func steepness(f spec.Family, a float64) (most float64) {
	at := func(r float64) [2]float64 {
		p, rest := 1/(1+r), r/(1+r)
		v, dv := spec.PhiOf(f, a, -math.Log1p(r), p, rest)
		return [2]float64{v, rest * dv}
	}
	const step = 0x1p-12
	for r := 1.; r > 0x1p-24; r *= 0.75 {
		more, less := at(r), at(r*(1-step))
		for i, x := range more {
			most = worse(most, math.Abs(x/less[i]-1)/step)
		}
	}
	return most
}

// pow returns where the coefficients of [powPolynomial] lie.
func (p *plan) pow() []float64 {
	if p.size == 4 {
		return p.par[3 : 4+powShort]
	}
	return p.par[3 : 4+powDegree]
}

// direct makes p the plan of a smooth family that no polynomial is exact enough for. It returns
// false for one that is for the specification.
func (p *plan) direct() (ok bool) {
	b, sign := p.family.B, 1.0 // the base is b + sign p, at most last or at least
	switch p.family {
	case spec.AEL:
		p.kind, p.par[0] = ael, 1/p.a
		return p.a >= 0x1p-1000
	case spec.AUL(b):
		sign = -1
	}
	last := b + sign
	power := math.Pow(last, p.a)
	p.kind, p.factor = base, sign*power/p.a
	p.par[1], p.par[2], p.par[3], p.par[4] = b, sign, 1/last, power/last
	return b >= 0x1p-1000 && last >= 0x1p-40 && last < 4 // otherwise the base is 0, or near last
}

// parameters returns what the kernels for rows without large exponentials take.
func parameters[T spec.Float](p *plan) *T {
	var x any
	switch single := spec.Size[T]() == 4; {
	case p.smooth != nil && single:
		x = &p.smooth.small.c32[0]
	case p.smooth != nil:
		x = &p.smooth.small.c64[0]
	case single:
		x = &p.par32[0]
	default:
		x = &p.par64[0]
	}
	return x.(*T)
}

// exactParameters returns what the kernels that compute in float64 take.
func (p *plan) exactParameters() []float64 {
	switch {
	case p.kind != smooth:
		return p.par[:]
	case p.size == 4:
		return p.smooth.narrow[:]
	}
	return p.smooth.wide[:]
}

// exactTerms runs the plan's kernel for rows with large exponentials.
func exactTerms[T spec.Float](v wide[T], p *plan, h, phi, x, y []T, but int, m, log float64) (
	sum, mass float64, bad uint32) {
	run, par := v.gceExact, p.exactParameters()
	switch {
	case p.linked != nil && !p.nearPole:
		run, par = v.linkedExact, p.linked
	case p.kind == poly1:
		run = v.polyExact
	case p.kind == focal1:
		run = v.focal1Exact
	case p.kind == focal7:
		run = v.focal7Exact
	case p.kind == focalN:
		run = v.focalNExact
	case p.kind == focalPow:
		run = v.focalPowExact
	case p.kind == base:
		run = v.baseExact
	case p.kind == ael:
		run = v.aelExact
	case p.kind == smooth:
		run = v.smoothExact
	}
	sum, mass, bad = run(&h[0], first(phi), &x[0], &y[0], len(x), but, m, log, &par[0])
	scalePhi(phi, p.factor)
	return sum * p.factor, mass, bad
}

// smallFactor is factor of what terms computes.
func (p *plan) smallFactor() float64 {
	if p.smooth != nil {
		return p.smooth.small.factor
	}
	return p.factor
}

// steepSlope is what -t φ'(l) is of what kernels of steep losses store, for probabilities c e.
func (p *plan) steepSlope(c float64) float64 {
	if p.kind == focalPow {
		return byTable()
	}
	return p.steep * c * byTable()
}

// byTable returns what undoes the factor of the kernels of steep losses.
func byTable() float64 {
	if single512[float32]() {
		return 1 / rowFactor
	}
	return 1 / rowFactorAVX2
}

// scalePhi multiplies by a factor the φ, or losses, that a kernel has stored without it.
func scalePhi[T spec.Float](phi []T, factor float64) {
	if phi != nil && factor != 1 {
		unitOf[T]().scale(&phi[0], len(phi), T(factor))
	}
}

// tiles runs the plan's kernel on tiles, and stores φ in phi, unless it is nil.
func (p *plan) tiles(u double, s *tile[float64], phi []float64, k, tiles int) {
	run, par := u.gceTile, p.exactParameters()
	switch {
	case p.nearPole:
		run, par = u.linkedPowerTile, p.linked
	case p.linked != nil && p.kind == base:
		run, par = u.linkedBaseTile, p.linked
	case p.linked != nil:
		run, par = u.linkedTile, p.linked
	case p.kind == poly1:
		run = u.polyTile
	case p.kind == focal1:
		run = u.focal1Tile
	case p.kind == focal7:
		run = u.focal7Tile
	case p.kind == focalN:
		run = u.focalNTile
	case p.kind == focalPow:
		run = u.focalPowTile
	case p.kind == base:
		run = u.baseTile
	case p.kind == ael:
		run = u.aelTile
	case p.kind == smooth:
		run = u.smoothTile
	}
	run(&s.h[0], first(phi), &s.e[0], &s.z[0], &s.t[0], k, tiles, &s.declined[0], &s.lane[0], &par[0])
	if phi != nil {
		scalePhi(phi[:tiles*k*u.lanes()], p.factor)
	}
}

// at runs the plan's kernel on a class of each row of tiles.
func (p *plan) at(u double, lane []float64, tiles int) {
	run := u.gceAt
	switch p.kind {
	case poly1:
		run = u.polyAt
	case focal1:
		run = u.focal1At
	case focal7:
		run = u.focal7At
	case focalN, focalPow:
		run = u.focalNAt
	case base:
		run = u.baseAt
	case ael:
		run = u.aelAt
	case smooth:
		run = u.smoothAt
	}
	run(&lane[0], &p.exactParameters()[0], tiles)
}

// powPolynomial stores in c the coefficients of the polynomial in s = 1 - 4p that is (1-p)^b for 0
// <= p <= 1/2: see [portable.Interpolate]. They fall by 1/5.8 from one to the next.
func powPolynomial(c []float64, b float64) {
	portable.Interpolate(c, func(s float64) float64 { return math.Pow((3+s)/4, b) })
}

// A termBound is up to which p a kernel of terms is exact enough, in rows of which |M| and |M| +
// log1p(r) are less than m and lse.
type termBound struct{ p, m, lse float64 }

// of returns it for a row, 0 for none.
func (b termBound) of(m, log float64) (most float64) {
	if m = math.Abs(m); m < b.m && m+log < b.lse {
		return b.p
	}
	return 0
}

// none reports whether it is 0 for every row.
func (b termBound) none() bool { return b.p == 0 || b.m == 0 }

// termsFor returns that of terms.
func termsFor[T spec.Float](p *plan) termBound {
	b := termBound{mostSmall, math.Inf(1), math.Inf(1)}
	switch {
	case p.smooth != nil:
		b.p = p.smooth.small.most
	case p.kind == gce:
		b.m, b.lse = powFits[T](p.a)
	case p.kind == focalPow && p.a > 1000:
		b.p = 0
	case p.kind == focalPow && spec.Size[T]() == 4: // so far the series converges, and p's error is not larger in (1-p)^a
		b.p = 0.45 / (p.a - 1)
	case p.kind == focalPow:
		b.p = 1 / (p.a - 1)
	}
	return b
}

// steepRate returns the rate of a loss so steep in p that what float32 loses of it counts: it is
// made of a power exp(-rate p), or (1-p)^rate. Blocks have kernels for these that compute p again,
// in two numbers. It returns 0 for others.
func (p *plan) steepRate() (rate float64) {
	switch {
	case p.kind == focalPow:
		rate = p.a - 1
	case p.family == spec.AEL && p.smooth.small.most < mostSmall:
		rate = 1 / p.a
	}
	if rate > mostSteep {
		return 0
	}
	return rate
}

// steepFor is [termsFor] for the kernels of steep losses: the more of a focal loss's gradient is
// made of log p, the less may the error of its power add to what that is rounded by.
func (p *plan) steepFor() termBound {
	most := 3 / p.steep
	if p.kind == focalPow {
		most = 40 / (p.steep * p.steep)
	}
	return termBound{min(mostSmall, most), steepBound, math.Inf(1)}
}

// few reports whether a focal loss has few coefficients where p is small.
func (p *plan) few() bool { return p.a == 3 || p.kind == focal1 }
