package main

import . "softloss/internal/_asm/neon"

// A polynomial Σ c_i x^i is summed in pairs of terms, c_2k + c_2k+1 x, by Horner's rule in x²: its
// chain of instructions is half as long as in x, and every other coefficient may be a lane.
type polynomial struct {
	even []float64 // c_0, c_2, …, loaded where they are used
	odd  []Lane    // c_1, c_3, …; the last c too where it has no partner
}

// polynomial emits the registers of the coefficients c_0, c_1, …
func (a *asm) polynomial(c []float64) (p polynomial) {
	var odd []float64
	for i, x := range c {
		if i%2 == 0 && i+1 < len(c) {
			p.even = append(p.even, x)
		} else {
			odd = append(odd, x)
		}
	}
	p.odd = a.HoldLanes(odd...)
	return p
}

// release gives the registers back.
func (p polynomial) release(a *asm) {
	for _, x := range p.odd {
		a.Release([]Vec{x.Of})
	}
}

// value emits the polynomials of several vectors, given their squares, and returns where they are.
func (a *asm) value(p polynomial, x, square []Vec) (y []Vec) {
	y = a.Row(len(x))
	var above []Vec
	for k := len(p.even) - 1; k >= 0; k-- {
		if above != nil && y == nil {
			y = a.Row(len(x))
		}
		for i := range x {
			a.Fill(y[i], p.even[k])
		}
		for i := range x {
			a.OpLane(Fmla, y[i], x[i], p.odd[k])
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
	a.Drop(y...)
	return above
}
