package main

import . "softloss/internal/_asm/neon"

// A polynomial Σ c_i x^i is summed in pairs of terms, c_2k + c_2k+1 x, by Horner's rule in x²: its
// chain of instructions is half as long as in x, and every other coefficient may be a lane.
type polynomial struct {
	even []func(d Vec) // c_0, c_2, …, each loaded where it is used
	odd  []Lane        // c_1, c_3, …; the last c too where it has no partner
	lost func(d Vec)   // what the type has lost of c_0, which then comes last; or nil
	by   Three         // Fmla, or for a polynomial in -x Fmls
}

// polynomial emits the registers of the coefficients c_0, c_1, …
func (a *asm) polynomial(c []float64) (p polynomial) {
	var odd []float64
	for i, x := range c {
		if i%2 == 0 && i+1 < len(c) {
			p.even = append(p.even, func(d Vec) { a.Fill(d, x) })
		} else {
			odd = append(odd, x)
		}
	}
	p.odd, p.by = a.HoldLanes(odd...), Fmla
	return p
}

// parPolynomial emits the registers of n coefficients, an even number, among the parameters from
// vector at on: what c_0 has lost and those of even powers, a vector each, then the others one
// after another. It returns which vector comes next.
func (a *asm) parPolynomial(at, n int) (p polynomial, next int) {
	first := at
	p.lost, p.by = func(d Vec) { a.vectorOf(d, first) }, Fmla
	at++
	for range n / 2 {
		i := at
		p.even = append(p.even, func(d Vec) { a.vectorOf(d, i) })
		at++
	}
	for i := range n / 2 {
		if i%a.Lanes() == 0 {
			v := a.Take()
			a.vectorOf(v, at)
			p.odd = append(p.odd, Lane{Of: v})
			at++
			continue
		}
		p.odd = append(p.odd, Lane{Of: p.odd[i-1].Of, Index: i % a.Lanes()})
	}
	return p, at
}

// release gives the registers back.
func (p polynomial) release(a *asm) {
	for _, x := range p.odd {
		a.Release([]Vec{x.Of})
	}
}

// value emits the polynomials of several vectors, given their squares, and returns where they are.
func (a *asm) value(p polynomial, x, square []Vec) (y []Vec) { return a.valueBeside(p, x, square, nil) }

// valueBeside is value with the small share off of it more, unless that is nil, for a polynomial of
// which it is known what c_0 has lost.
func (a *asm) valueBeside(p polynomial, x, square, off []Vec) (y []Vec) {
	y = a.Row(len(x))
	var above []Vec
	for k := len(p.even) - 1; k >= 0; k-- {
		if above != nil && y == nil {
			y = a.Row(len(x))
		}
		c := p.even[k]
		if k == 0 && p.lost != nil {
			c = p.lost
		}
		for i := range x {
			c(y[i])
		}
		for i := range x {
			a.OpLane(p.by, y[i], x[i], p.odd[k])
		}
		switch {
		case above != nil:
			for i := range x {
				a.Op(Fmla, y[i], above[i], square[i])
			}
		case len(p.odd) > len(p.even):
			for i := range x {
				a.OpLane(Fmla, y[i], square[i], p.odd[k+1])
			}
		}
		above, y = y, above
	}
	if off != nil {
		for i := range x {
			p.even[0](y[i])
			a.Op(Fadd, y[i], y[i], above[i])
		}
		for i := range x {
			a.Op(Fmla, above[i], y[i], off[i])
		}
	}
	if p.lost != nil {
		for i := range x {
			p.even[0](y[i])
		}
		for i := range x {
			a.Op(Fadd, above[i], above[i], y[i])
		}
	}
	a.Drop(y...)
	return above
}
