// Package numtest is for tests only: the module's one comparison of floats, golden files and finite
// differences.
package numtest

import "math"

// Close reports whether got is within atol + rtol*|want| of want.
// NaN matches only NaN, an infinity only itself.
func Close(got, want, rtol, atol float64) bool {
	if got == want || math.IsNaN(got) && math.IsNaN(want) {
		return true
	}
	return !math.IsInf(want, 0) && math.Abs(got-want) <= atol+rtol*math.Abs(want)
}
