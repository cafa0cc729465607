package numtest

import "math"

// gradStep is the step of [NumGrad] relative to max(1, |x|). With it the truncation error h⁴
// f⁽⁵⁾/120 and the rounding error ε f/h of a smooth function are both near 1e-12.
const gradStep = 0x1p-10

// NumGrad returns the gradient of f at x by central differences in float64,
//
//	D(h) = (f(x+h) - f(x-h))/2h,
//
// with two steps and Richardson's extrapolation (4 D(h/2) - D(h))/3, which removes
// the error of order h². For a smooth f of size and derivatives about 1 the result is
// right to about 1e-11. f is called with points up to 2⁻¹⁰·max(1, |x_i|) from x in each
// coordinate, and must not have a kink there. x is not modified.
func NumGrad(f func(x []float64) float64, x []float64) []float64 {
	at := append([]float64(nil), x...)
	grad := make([]float64, len(x))
	for i, v := range x {
		central := func(h float64) float64 {
			lo, hi := v-h, v+h
			at[i] = hi
			up := f(at)
			at[i] = lo
			down := f(at)
			at[i] = v
			return (up - down) / (hi - lo)
		}
		h := gradStep * math.Max(1, math.Abs(v))
		grad[i] = (4*central(h/2) - central(h)) / 3
	}
	return grad
}
