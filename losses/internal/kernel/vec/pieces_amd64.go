//go:build !purego

package vec

import (
	"math"

	"softloss/losses/internal/kernel/portable"
	"softloss/losses/internal/kernel/spec"
)

// piecesFor returns the plan for families of yes and no that both are of focal losses, or the same.
func piecesFor(of [2]pieceFamily) *piecesPlan {
	yes, no := of[0], of[1]
	if yes.Family == spec.GCE {
		return powerPiecesFor(yes.a)
	}
	p := newPlan(piecesPars)
	par := p.par
	for i, f := range of {
		k := f.rate()
		par[parRate+2*i] = float32(k)
		par[parRate+2*i+1] = float32(k - float64(float32(k)))
	}
	par[parSure] = float32(yes.last())
	if par[parSteady], par[parGrows] = 1, 1; yes.Smooth() {
		par[parSteady], par[parFalls], par[parGrows] = 0, 1, 0
	}
	for half, likely := range [2]pieceFamily{no, yes} {
		other := [2]pieceFamily{yes, no}[half]
		for i := range 4 {
			at, most := func(a float64) float64 { return likely.near(a)[i%2] }, 1. // beside an exponential that is denormal
			if i >= 2 {
				at, most = func(a float64) float64 { return other.far(a)[i%2] }, 0x1p30
			}
			table := par[parPieces+i*pieceTerms*2*pieceCount+half*pieceCount:]
			for j := range pieceCount {
				lost, ok := fitPiece(table, pieceTerms, 2*pieceCount, j, pieceWidth, at, most, 1, true)
				par[parLost+i*2*pieceCount+half*pieceCount+placeOf(j)] = lost
				p.ok = p.ok && ok
			}
		}
	}
	return p
}

// powerPiecesFor returns the plan of sigmoidPowerPieces for an exponent.
func powerPiecesFor(q float64) *piecesPlan {
	p := newPlan(piecesPars)
	par := p.par
	par[parPower] = float32(q)
	par[parPower+1] = float32(q - float64(float32(q)))
	par[parFarthest] = float32(pieceLowest / q)
	log := func(a float64) float64 { return -math.Log1p(math.Exp(-a)) } // of the likely class's p
	for i, f := range [powerPieces]func(a float64) float64{
		func(a float64) float64 { return -math.Expm1(q*log(a)) / q * math.Exp(a) / raise },
		func(a float64) float64 { return math.Exp((1+q)*log(a)) / raise },
		func(a float64) float64 { return -math.Expm1(q*(log(a)-a)) / q },
	} {
		for j := range pieceCount {
			at := par[parPieces+i*pieceTerms*pieceCount:]
			_, ok := fitPiece(at, pieceTerms, pieceCount, j, powerWidth, f, 0x1p30, 1, false)
			p.ok = p.ok && ok
		}
	}
	return p
}

// placeOf returns where the numbers of interval j stand: the place is the lowest bits of y's
// exponent, which is that of 1 at least, and two digits.
func placeOf(j int) int { return (j + 12) % pieceCount }

// densePlace returns where the numbers of an interval of sigmoidDensePieces stand in tables.
func densePlace(number int) int { return number % denseCount }

// fitPiece stores n coefficients of f in interval j, each stride from the last, and returns what
// float32 has lost of the lowest. It reports whether they are exact enough. grows: beyond the last
// interval f may be a itself.
func fitPiece(table []float32, n, stride, j int, width float64, f func(a float64) float64, most, slack float64,
	grows bool) (lost float32, ok bool) {
	middle, half := pieceOf(j, width)
	return fitAround(middle, half, table, n, stride, j, f, most, slack, grows)
}

// pieceOf returns the middle of interval j, and half its width.
func pieceOf(j int, width float64) (middle, half float64) {
	half = width * math.Ldexp(1, j/4-3)
	return width*(math.Ldexp(4+float64(j%4), j/4-2)-1) + half, half
}

// fitAround is fitPiece for an interval of which another number next to the middle is that.
func fitAround(middle, half float64, table []float32, n, stride, j int, f func(a float64) float64, most, slack float64,
	grows bool) (lost float32, ok bool) {
	if lost, ok = fitInterval(table[placeOf(j):], n, stride, middle, -half, f, most, slack); !ok {
		return 0, false
	}
	end, last := f(middle+half), f(40) // where it stays, unless it grows
	return lost, j < pieceCount-1 || math.Abs(end-last) <= 0x1p-23*last || grows && last == 40
}

// fitInterval stores n coefficients of f(middle + x) for -half <= x <= half, each stride from the
// last, and returns what float32 has lost of the lowest. It reports whether they are exact enough,
// and f is at most most and not so small that float32 loses digits of it; slack is 1, or more where
// there is some. half may be negative:
// then of f(middle - x).
func fitInterval(table []float32, n, stride int, middle, half float64, f func(a float64) float64, most, slack float64) (
	lost float32, ok bool) {
	const least = 0x1p-100
	at := func(s float64) float64 { return f(middle + half*s) }
	var all [oddsTerms]float64
	c := all[:n]
	portable.Interpolate(c, at)
	size := 0.0
	for i, x := range c {
		size += math.Abs(x)
		table[i*stride] = float32(x * math.Pow(math.Abs(half), float64(i-n+1)))
	}
	for i := range 2*n - 1 {
		s := math.Cos(math.Pi * float64(i) / float64(2*n-2))
		want := at(s)
		v := math.Abs(want)
		exact := math.Abs(portable.Horner(c, s)-want) <= slack*0x1.4p-25*v && size < (2+slack)*v
		if !(exact && v >= least && v <= most) {
			return 0, false
		}
	}
	return float32(c[n-1] - float64(float32(c[n-1]))), true
}
