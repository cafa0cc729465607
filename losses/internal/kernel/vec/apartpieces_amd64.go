//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/recent"
	"softloss/losses/internal/kernel/spec"
)

// SeparableApart stores how much more elements of the logits z cost with a label 1 than with 0, of
// a separable loss. It returns false where there is no kernel.
func SeparableApart[T spec.Float](f spec.Family, a float64, dst []float64, z []T) (ok bool) {
	return apartByPieces(pieceFamily{f, a}, dst, z)
}

// NormalisedApart is SeparableApart of the question Normalised.
func NormalisedApart[T spec.Float](dst []float64, z []T) (ok bool) {
	return apartByPieces(pieceFamily{}, dst, z)
}

func apartByPieces[T spec.Float](f pieceFamily, dst []float64, z []T) (ok bool) {
	if !single512[T]() {
		return false
	}
	p := apartPlans.For(f, apartFor)
	if p.ok && len(z) > 0 {
		apartPiecesF32AVX512(&dst[0], floats(z), len(z), &p.par[0])
	}
	return p.ok
}

var apartPlans recent.Plans[pieceFamily, piecesPlan]

// apartFor returns the plan of apartPieces for a family, the zero value for the question
// Normalised: that of the closest intervals that reach as far as it takes.
func apartFor(f pieceFamily) (p *piecesPlan) {
	grows := f.Family == spec.Focal || f.Family == spec.Poly1
	of := func(a float64) float64 {
		yes, no := spec.Sides(a)
		if f == (pieceFamily{}) {
			return a / -(yes.L + no.L)
		}
		near, _ := spec.PhiOf(f.Family, f.a, yes.L, yes.P, yes.Rest)
		far, _ := spec.PhiOf(f.Family, f.a, no.L, no.P, no.Rest)
		return far - near
	}
	for _, width := range [...]float64{1.125, 1.25, 1.375, 1.5, 1.75, 2, 2.25, 2.5, 3, 3.5} {
		if p = apartBy(width, grows, of); p.ok {
			return p
		}
	}
	return p
}

// apartExact is up to which relative error polynomials are exact enough.
const apartExact = 0x1p-26

// apartBy is apartFor of a function, by intervals of a width.
func apartBy(width float64, grows bool, of func(a float64) float64) (p *piecesPlan) {
	p = newPlan(apartPars)
	par := p.par
	const far = 600       // the exponential of -far is nothing
	const below = 0x1p-18 // beyond it the number of the interval would be one more
	last := float64(float32((pieceCount - 1 - below) * width))
	end, beyond := of(last), of(far)
	if par[apartRate], par[apartEnd] = float32(1/width), float32(-last); grows {
		par[apartGrows] = math.Float32frombits(math.MaxUint32)
		beyond -= far - last
	}
	p.ok = math.Abs(end-beyond) <= apartExact*end
	for j := 0; j < pieceCount && p.ok; j++ {
		table := par[apartTables+placeOf(j):]
		from := width * (math.Ldexp(1+float64(j%4)/4, j/4) - 1)
		if to := width * (math.Ldexp(1+float64(j%4+1)/4, j/4) - 1); j == 0 {
			p.ok = fitFirst(table, to, of)
		} else {
			p.ok = fitApart(table, from, to, of)
		}
	}
	return p
}

// fitFirst stores the numbers of the interval from 0 on, where the function is a product of a and
// an even one. It reports whether they are exact enough.
func fitFirst(table []float32, to float64, of func(a float64) float64) (ok bool) {
	at := func(s float64) float64 { return of(-to * s) }
	var c [apartTerms]float64
	portable.Interpolate(c[:apartTerms-1], func(s float64) float64 {
		s = max(math.Abs(s), 0x1p-12)
		return at(-s) / -s
	})
	return storeApart(table, 0, to, &c, func(s float64) float64 { return at(-math.Abs(s)) })
}

// fitApart stores those of another interval. Of the numbers of float32 next to its middle the one
// is taken where float32 loses least of the function.
func fitApart(table []float32, from, to float64, of func(a float64) float64) (ok bool) {
	middle, half, least := float32((from+to)/2), (to-from)/2, math.Inf(1)
	for m, i := middle, 0; i < 64; i++ {
		x := of(float64(m))
		if lost := math.Abs(float64(float32(x)) - x); lost < least {
			middle, least = m, lost
		}
		m = math.Nextafter32(m, 0)
	}
	at := func(s float64) float64 { return of(float64(middle) - half*s) }
	var c [apartTerms]float64
	portable.Interpolate(c[:], at)
	return storeApart(table, middle, half, &c, at)
}

// storeApart stores the middle of an interval, half of its size or all of the first one's, and the
// coefficients of a polynomial in s = x/half. It reports whether that is the function at, for s
// from -1 to 1, or to 0 where the last coefficient is 0.
func storeApart(table []float32, middle float32, half float64, c *[apartTerms]float64, at func(s float64) float64) (
	ok bool) {
	table[0] = middle
	for i, x := range c {
		table[(1+i)*pieceCount] = float32(x / math.Pow(half, float64(apartTerms-1-i)))
	}
	for i := range 2*apartTerms + 1 {
		s := math.Cos(math.Pi * float64(i) / (2 * apartTerms))
		if c[apartTerms-1] == 0 {
			s = -max(math.Abs(s), 0x1p-12)
		}
		if want := at(s); !(math.Abs(portable.Horner(c[:], s)-want) <= apartExact*math.Abs(want)) {
			return false
		}
	}
	return true
}
