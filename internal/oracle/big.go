package oracle

import (
	"math"
	"math/big"
)

// bigExp returns e^x: Taylor's series for x/2ⁿ, small, squared n times. x has the precision wanted.
func bigExp(x *big.Float) *big.Float {
	prec := x.Prec()
	one := new(big.Float).SetPrec(prec).SetInt64(1)
	if x.Sign() == 0 {
		return one
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
	for bits := uint(40); bits < 3*work; bits *= 3 {
		e := bigExp(y)
		step := new(big.Float).SetPrec(work).Sub(x, e)
		step.Quo(step, e.Add(e, x))
		y.Add(y, step.Add(step, step))
	}
	return new(big.Float).SetPrec(prec).Set(y)
}
