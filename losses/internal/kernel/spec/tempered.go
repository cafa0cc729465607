package spec

import "math"

// TemperedLogs stores -log(x)/c in dst and 1/x in inverse for x = 1 + u, u = c (gap + mu) >= 0.
func TemperedLogs(dst, inverse, gap []float64, c, mu float64) {
	const ln2Hi, ln2Lo = 6.93147180369123816490e-01, 1.90821492927058770002e-10
	f := -1 / c
	dst, inverse = dst[:len(gap)], inverse[:len(gap)]
	for j, d := range gap {
		u := c * (d + mu)
		x := 1 + u
		inverse[j] = 1 / x
		switch {
		case u < 1./64:
			dst[j] = f * (u - u*u*(1./2-u*(1./3-u*(1./4-u*(1./5-u*(1./6-u*(1./7-u*(1./8-u*(1./9)))))))))
		case u <= math.MaxFloat64:
			// x + low = 2^n m, m = a (1+r) for one of 128 numbers a
			bits := math.Float64bits(x)
			n := int64(bits>>52) - 1023
			low := (u - (x - 1)) * math.Float64frombits(uint64(1023-n)<<52)
			m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
			e := &logTable[bits>>45&127]
			r := ((m - e.a) + low) * e.inverse
			p := r - r*r*(1./2-r*(1./3-r*(1./4-r*(1./5-r*(1./6-r*(1./7))))))
			dst[j] = f * (float64(n)*ln2Hi + (e.log + (p + float64(n)*ln2Lo)))
		default: // +Inf, or NaN
			dst[j] = f * u
		}
	}
}

// logTable holds, for 128 parts of [1, 2), the middle a of each, 1/a and log a.
var logTable = func() (t [128]struct{ a, inverse, log float64 }) {
	for i := range t {
		a := 1 + (float64(i)+0.5)/128
		t[i].a, t[i].inverse, t[i].log = a, 1/a, math.Log(a)
	}
	return t
}()
