//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/spec"
)

// An oddsRow is a row of many classes with the odds r against its maximum, which is at top where
// that is known, as [softrow.wideOdds] returns them.
type oddsRow[T spec.Float] struct {
	softrow[T]
	e         []T // the exponentials
	r         float64
	top       int
	ordinary  bool // r and top are those that ordinaryRow returns, em is not that of shift
	ok, small bool // small: all p are but that at top, so far as terms goes, which is up to most
	most      float64
	coef      float64 // what makes probabilities of the exponentials, for labels
	log, rest float64 // log1p(r) and r/(1+r)
	phi, fall float64 // φ and -φ' of a class: that of an index, or the maximum
}

// oddsRows are rows of which each has few numbers that are computed for several at once.
type oddsRows[T spec.Float] struct {
	u        unit[T]
	v        wide[T]
	family   classTerms
	scratch  []T  // for the exponentials of a row that are not kept, behind its terms
	k, most  int  // most rows
	inBlocks bool // their exponentials are those of a block

	block    *tile[T] // otherwise nil, so long as no row takes it
	steep    bool     // its rows are for the kernels of steep losses
	together bool     // its rows have what smallTerms returns, of those with bits in signs that a label has a sign
	signs    uint32
	declined uint32 // the rows of a block that are for the specification

	lanes *tile[float64]
	rows  [tileRows]oddsRow[T]
}

const (
	mostOdds   = 1 << 15                 // bytes of the rows of which exponentials wait for their odds
	mostLarge  = tileCols * tileRows / 2 // large p at most: 1/p, and some that are as large as the maximum
	smallLimit = -2.0794415416798357     // the logarithm of mostSmall
)

// mixed reports whether a row that is not small takes less time by mixedTerms than by exactTerms:
// its large p are few, and in float64 it fills many vectors, of no powers, which take as long by
// either.
func (b *oddsRows[T]) mixed(o *oddsRow[T], p *plan) bool {
	return o.most*mostLarge > 1 && (spec.Size[T]() == 4 || p.kind != gce && b.k >= 8*b.u.lanes())
}

// limit returns beyond what a class is not for terms, as that takes it.
func (o *oddsRow[T]) limit(p *plan, c float64) T {
	most, below := o.most/c, belowTop*o.em
	if p.kind == gce {
		most, below = float64(o.m)+o.log+smallLimit, float64(o.m)-(1-belowTop)
	}
	switch {
	case o.top < 0:
		return T(math.Inf(1))
	case o.small:
		return T(below)
	}
	return T(min(most, below))
}

// prepare readies b for rows of k classes, with gradients or without; release gives back what it
// takes.
func (b *oddsRows[T]) prepare(u unit[T], v wide[T], terms classTerms, scratch []T, k int, grads bool) {
	b.u, b.v, b.family, b.scratch, b.k, b.most, b.lanes = u, v, terms, scratch, k, 1, getTile[float64]()
	switch {
	case inBlocks(u, k):
		b.block, b.most, b.inBlocks = getTile[T](), u.lanes(), true
	case grads:
		b.most = max(1, min(v.lanes(), mostOdds/(k*spec.Size[T]())))
	}
}

// terms returns where those of row j go.
func (b *oddsRows[T]) terms(j int) []T {
	if b.together {
		return spec.Row(b.block.terms[:], j, b.k)
	}
	return b.scratch[:b.k]
}

func (b *oddsRows[T]) release() {
	putTile(b.lanes)
	if b.block != nil {
		putTile(b.block)
	}
}

// begin stores the exponentials of n rows from i on in grad, where there is one, and prepares them
// for their labels or, where index is not nil, for that.
func (b *oddsRows[T]) begin(grad, z []T, index []int, i, n int) {
	if b.inBlocks {
		b.exps(grad, z, i, n)
	} else {
		for j := range n {
			b.rows[j].exps(b.u, spec.Row(grad, i+j, b.k), spec.Row(z, i+j, b.k), b.scratch)
		}
	}
	b.ready(grad, z, index, i, n)
}

// ready is begin without the exponentials.
func (b *oddsRows[T]) ready(grad, z []T, index []int, i, n int) {
	if b.inBlocks {
		b.take(grad, i, n)
	}
	w := b.v.lanes()
	for lo := 0; lo < n; lo += w {
		b.odds(z, i, lo, min(lo+w, n))
		b.classes(z, index, i, lo, min(lo+w, n))
	}
}

// exps stores the exponentials of a row with logits z in e, or where that is nil at the end of
// scratch, and in r their sum or, of an ordinary row, the odds.
func (o *oddsRow[T]) exps(u unit[T], e, z, scratch []T) {
	if o.e = e; e == nil {
		o.e = scratch[len(scratch)-len(z):]
	}
	var s ordinary[T]
	if s, o.ordinary = ordinaryRow(u, o.e, z, aheadOfPasses(z)); o.ordinary {
		o.set(T(s.m), T(math.RoundToEven(s.m*math.Log2E)), 0, len(z))
		o.em, o.r, o.top, o.ok = s.em, s.r, s.a, true
		return
	}
	if o.softrow, o.ok = begin(u, z); o.ok {
		o.r = o.softrow.exps(u, o.e, z)
	}
}

// exponentials returns where those of the block of row i lie: in grad or scratch memory.
func (b *oddsRows[T]) exponentials(grad []T, i int) []T {
	if grad == nil {
		return b.block.out[:]
	}
	return grad[i*b.k:]
}

// exps stores the exponentials of a block of n rows, and their sums.
func (b *oddsRows[T]) exps(grad, z []T, i, n int) {
	s := b.block
	b.declined = b.u.blockExpSums(
		&b.exponentials(grad, i)[0], &z[i*b.k], b.k, n, &s.sumExps[0], &s.sums[0], &s.lane[0])
}

// take hands the rows of a block what exps has stored of them.
func (b *oddsRows[T]) take(grad []T, i, n int) {
	s, w, e := b.block, b.u.lanes(), b.exponentials(grad, i)
	most, shift, em := s.numbers(laneMax, w), s.numbers(laneShift, w), s.numbers(laneCoef, w)
	for j := range n {
		o := &b.rows[j]
		o.set(most[j], shift[j], em[j], b.k)
		o.e, o.r, o.ok, o.ordinary = spec.Row(e, j, b.k), s.sumExps[j], b.declined>>j&1 == 0, false
	}
}

// odds turns the sums of the exponentials of the rows lo to hi of those from i on into odds, which
// it computes in float64 where few exponentials have most of a sum.
func (b *oddsRows[T]) odds(z []T, i, lo, hi int) {
	s, w, rows := b.lanes, b.v.lanes(), b.rows[lo:hi]
	em := s.numbers(laneCoef, w)
	if spec.Size[T]() == 4 { // em has digits enough otherwise
		most, shift := s.numbers(laneMax, w), s.numbers(laneShift, w)
		for j := range rows {
			most[j], shift[j] = float64(rows[j].m), float64(rows[j].shift)
		}
		doubles().topExps(&s.lane[0])
		for j := range rows {
			if o := &rows[j]; !o.ordinary {
				o.em = em[j]
			}
		}
	}
	gentle := b.family.gentle()
	for j := range rows {
		o, z := &rows[j], spec.Row(z, i+lo+j, b.k)
		switch {
		case !o.ok:
		case !o.ordinary:
			o.r, o.top = o.wideOdds(b.u, b.v, o.e, z, o.r, gentle)
		case o.r > spread-1:
			o.top = -1
		case spec.Size[T]() == 4 && !(gentle && o.r < 1):
			o.r = o.wideSumBut(b.v, o.e, z, o.top, false) / em[j]
		}
	}
}

// classes computes what of the rows lo to hi of those from i on needs logarithms.
func (b *oddsRows[T]) classes(z []T, index []int, i, lo, hi int) {
	s, w, rows := b.lanes, b.v.lanes(), b.rows[lo:hi]
	odds, less, share := s.numbers(laneOdds, w), s.numbers(laneLess, w), s.numbers(laneP, w)
	for j := range rows {
		o := &rows[j]
		o.ok = o.ok && o.r == o.r
		if odds[j], less[j], share[j] = o.r, 0, 1; index == nil {
			continue
		}
		y := index[i+lo+j]
		less[j] = float64(z[(i+lo+j)*b.k+y]) - float64(o.m)
		if share[j] = math.Exp(less[j]); spec.Size[T]() == 8 { // z - M is rounded
			share[j] = float64(o.e[y]) / o.em
		}
	}
	doubles().oddsClass(&s.lane[0])
	exact := index != nil
	if index == nil {
		terms := termsFor[T](b.family.plan)
		if b.steep {
			terms = b.family.plan.steepFor()
		}
		l, p, rest := s.numbers(laneLogP, w), s.numbers(laneP, w), s.numbers(laneQ, w)
		for j := range rows {
			o := &rows[j]
			o.log, o.rest, o.coef = -l[j], rest[j], 1/((1+o.r)*o.em)
			o.most = terms.of(float64(o.m), o.log)
			o.small = o.top < 0 && p[j] < o.most || o.rest < o.most
			if o.ok && o.top < 0 && !o.small {
				o.top = b.u.find(&z[(i+lo+j)*b.k], b.k, o.m)
			}
			exact = exact || o.top >= 0
		}
	}
	if exact {
		b.family.at(doublesFor[T](), s.lane[:], len(rows), w)
		phi, fall := s.numbers(lanePhi, w), s.numbers(laneFall, w)
		for j := range rows {
			rows[j].phi, rows[j].fall = phi[j], fall[j]
		}
	}
}
