package oracle

import (
	"math"
	"math/big"
)

// bigExp returns e^x: Taylor's series for x/2ⁿ, small, squared n times. x has the precision wanted.
// Below -20000 it is 0: that is far below any float64, and package big takes long to add numbers
// whose exponents differ by millions.
func bigExp(x *big.Float) *big.Float {
	prec := x.Prec()
	one := new(big.Float).SetPrec(prec).SetInt64(1)
	switch {
	case x.Sign() == 0:
		return one
	case x.Cmp(big.NewFloat(-20000)) < 0:
		return new(big.Float).SetPrec(prec)
	}
	small := int(math.Sqrt(float64(prec)))
	n := max(0, x.MantExp(nil)+small)
	work := prec + uint(n) + 16 // every squaring doubles the relative error
	y := new(big.Float).SetPrec(work).SetMantExp(new(big.Float).SetPrec(work).Set(x), -n)
	sum, term := new(big.Float).SetPrec(work).SetInt64(1), new(big.Float).SetPrec(work).SetInt64(1)
	for i := int64(1); term.Sign() != 0 && term.MantExp(nil) > -int(work); i++ {
		term.Mul(term, y)
		term.Quo(term, new(big.Float).SetInt64(i))
		sum.Add(sum, term)
	}
	for range n {
		sum.Mul(sum, sum)
	}
	return new(big.Float).SetPrec(prec).Set(sum)
}

// bigLog returns log x for x > 0, by Halley's iteration on bigExp: y + 2 (x - e^y)/(x + e^y). Near
// x = 1 its error is relative to 1.
func bigLog(x *big.Float) *big.Float {
	prec := x.Prec()
	work := prec + 32
	mantissa := new(big.Float)
	exponent := x.MantExp(mantissa)
	m, _ := mantissa.Float64()
	y := new(big.Float).SetPrec(work).SetFloat64(math.Log(m) + float64(exponent)*math.Ln2)
	for bits := uint(45); bits < work; bits *= 3 {
		e := bigExp(y)
		step := new(big.Float).SetPrec(work).Sub(x, e)
		step.Quo(step, e.Add(e, x))
		y.Add(y, step.Add(step, step))
	}
	return new(big.Float).SetPrec(prec).Set(y)
}

// bigSinCos returns sine and cosine of a, by Taylor's series for a/2ⁿ, small, doubled n times.
func bigSinCos(prec uint, a float64) (sin, cos *big.Float) {
	const n = 16
	work := prec + 2*n + 32
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(work).SetFloat64(x) }
	x := new(big.Float).SetMantExp(number(a), -n)
	square := number(0).Mul(x, x)
	// With c = 1 - cos, which loses nothing near 0: sin 2x = 2 s (1-c), 1 - cos 2x = 4 c - 2 c².
	s, c, term := number(0), number(0), number(0).Set(x)
	for i := 1; term.Sign() != 0 && term.MantExp(nil) > x.MantExp(nil)-int(work); i += 2 {
		s.Add(s, term)
		next := number(0).Mul(term, x)
		next.Quo(next, number(float64(i+1))) // of 1 - cos, with the sign of s's term
		c.Add(c, next)
		term.Mul(term, square)
		term.Quo(term, number(float64((i+1)*(i+2))))
		term.Neg(term)
	}
	for range n {
		s.Mul(s, number(2).Mul(number(2), number(0).Sub(number(1), c)))
		c.Sub(number(0).Mul(number(4), c), number(0).Mul(number(2), number(0).Mul(c, c)))
	}
	return new(big.Float).SetPrec(prec).Set(s), new(big.Float).SetPrec(prec).Sub(number(1), c)
}
