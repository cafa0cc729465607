package spec

import "math"

// MostLift is how large a multiple may be of a p of float32 below 2⁻¹²⁶, a denormal number, which
// has lost digits.
const MostLift = 1 << 8

// Lifts reports whether what a gradient multiplies p by shows the digits that a denormal p of the
// element type has lost.
func Lifts[T Float](by float64) bool { return Size[T]() == 4 && math.Abs(by) > MostLift }

// Combine turns g, which holds exp(z - m) em, into f (a g - h) in float64. The exponentials that
// are denormal numbers are computed anew.
func Combine[T Float](g, h, z []T, m, em, a, f float64) {
	h, z = h[:len(g)], z[:len(g)]
	for j, e := range g {
		v := float64(e)
		if v < Tiny[T]() {
			v = em * math.Exp(float64(z[j])-m)
		}
		g[j] = T(f * (a*v - float64(h[j])))
	}
}
