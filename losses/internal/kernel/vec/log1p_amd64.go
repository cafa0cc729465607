//go:build !purego

package vec

import "math"

// log1p returns log(1+r) for the odds r >= 0 of a row, within an ulp of what [math.Log1p] returns,
// in less time: 3 % of that of a row of 1000 classes.
//
//	1 + r = u + δ,  u = 2^k m,  1 <= m < 2,  x = (m - c)/c + δ/u,
//	log(1+r) = k ln 2 + log c + log1p(x),
//
// with a c next to m from a table, which is 1 where m is near 1, so that small r lose nothing.
func log1p(r float64) float64 {
	if !(r <= 1<<52) {
		return math.Log1p(r)
	}
	u := 1 + r
	lost := r - (u - 1)
	bits := math.Float64bits(u)
	e := bits >> 52 // of a u from 1 on
	at := &logsNear[bits>>(52-nearBits)%(1<<nearBits)]
	m := math.Float64frombits(bits&(1<<52-1) | 1023<<52)
	x := ((m - at.c) + lost*math.Float64frombits((2046-e)<<52)) * at.inverse
	y := x * x
	p := (-1./2 + x*(1./3)) + y*((-1./4+x*(1./5))+y*((-1./6+x*(1./7))-y*(1./8)))
	k := float64(int(e) - 1023)
	return k*ln2High + (at.log + (x + (y*p + k*ln2Low)))
}

const nearBits = 7 // of m choose c

// logsNear are the c of log1p, in the middle of what they are for, with their inverses and
// logarithms.
var logsNear = func() (near [1 << nearBits]struct{ c, inverse, log float64 }) {
	for i := range near {
		c := 1.0
		if i > 0 {
			c += (float64(i) + 0.5) / (1 << nearBits)
		}
		near[i].c, near[i].inverse, near[i].log = c, 1/c, math.Log(c)
	}
	return near
}()
