// Package exact computes fused multiply-adds by math/big, for tests.
package exact

import (
	"math"
	"math/big"
)

// FMA returns x y + z rounded once to T. A NaN or an infinity among the numbers gives what IEEE 754
// says.
func FMA[T float32 | float64](x, y, z T) T {
	fx, fy, fz := float64(x), float64(y), float64(z)
	switch {
	case fx*0+fy*0 != 0: // NaN: one is infinite or NaN
		return T(fx*fy + fz)
	case fz*0 != 0:
		return z
	}
	p := new(big.Float).Mul(wide(fx), wide(fy))
	s := p.Add(p, wide(fz))
	var r any
	switch any(x).(type) {
	case float32:
		r, _ = s.Float32()
	default:
		r, _ = s.Float64()
	}
	return r.(T)
}

// wide returns x with room for every product and sum of float64 numbers: from 2^-2148 to 2^2048.
func wide(x float64) *big.Float { return new(big.Float).SetPrec(4300).SetFloat64(x) }

// Chain returns fma(x[k-1], y[k-1], … fma(x[0], y[0], z)).
func Chain[T float32 | float64](x, y []T, z T) T {
	for p := range x {
		z = quick(x[p], y[p], z)
	}
	return z
}

// quick is FMA, at once where the exact sum is between two float64 numbers that round alike.
func quick[T float32 | float64](x, y, z T) T {
	switch z := any(z).(type) {
	case float32:
		s := float64(x)*float64(y) + float64(z)
		below, above := float32(math.Nextafter(s, math.Inf(-1))), float32(math.Nextafter(s, math.Inf(1)))
		if below == above && below != 0 { // not NaN either
			return T(below)
		}
	case float64:
		return T(math.FMA(float64(x), float64(y), z))
	}
	return FMA(x, y, z)
}
