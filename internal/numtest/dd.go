package numtest

import "math"

// DD is an unevaluated sum of two float64, about 106 bits: fast enough to be the reference of a
// hundred thousand rows.
type DD struct{ Hi, Lo float64 }

// TwoSum returns a + b.
func TwoSum(a, b float64) DD {
	s := a + b
	v := s - a
	return DD{s, (a - (s - v)) + (b - v)}
}

// Num returns x.
func Num(x float64) DD { return DD{Hi: x} }

// Add returns its leading part alone where that is no finite number.
func (a DD) Add(b DD) DD {
	s := TwoSum(a.Hi, b.Hi)
	if math.IsInf(s.Hi, 0) || math.IsNaN(s.Hi) {
		return Num(s.Hi)
	}
	return TwoSum(s.Hi, s.Lo+(a.Lo+b.Lo))
}

func (a DD) Neg() DD     { return DD{-a.Hi, -a.Lo} }
func (a DD) Sub(b DD) DD { return a.Add(b.Neg()) }

func (a DD) Mul(b DD) DD {
	p := float64(a.Hi * b.Hi) // not fused with the sum below, as Go may on arm64
	if math.IsInf(p, 0) || math.IsNaN(p) {
		return Num(p)
	}
	return TwoSum(p, math.FMA(a.Hi, b.Hi, -p)+(a.Hi*b.Lo+a.Lo*b.Hi))
}

func (a DD) Div(b DD) DD {
	q := a.Hi / b.Hi
	if math.IsInf(q, 0) || math.IsNaN(q) || math.IsInf(b.Hi, 0) {
		return Num(q)
	}
	remainder := math.FMA(-q, b.Hi, a.Hi) + (a.Lo - q*b.Lo)
	return TwoSum(q, remainder/b.Hi)
}

func (a DD) Abs() DD {
	if a.Hi < 0 {
		return a.Neg()
	}
	return a
}

// Exp wants a <= 700.
func (a DD) Exp() DD {
	if !(a.Hi > -800) {
		return DD{}
	}
	const steps = 9
	n := math.Round(a.Hi * math.Log2E)
	r := a.Sub(DD{math.Ln2, 0x1.abc9e3b39803fp-56}.Mul(Num(n)))
	r = DD{r.Hi / (1 << steps), r.Lo / (1 << steps)}
	e := Num(1)
	for i := 9.0; i > 0; i-- {
		e = e.Mul(r).Div(Num(i)).Add(Num(1))
	}
	for range steps {
		e = e.Mul(e)
	}
	return DD{math.Ldexp(e.Hi, int(n)), math.Ldexp(e.Lo, int(n))}
}

// Pow wants a >= 0.
func (a DD) Pow(b float64) DD {
	switch {
	case b == 0:
		return Num(1)
	case a.Hi == 0:
		return Num(math.Pow(0, b))
	}
	return a.Log().Mul(Num(b)).Exp()
}

// Log wants a > 0.
func (a DD) Log() DD {
	e := math.Ilogb(a.Hi)
	m := DD{math.Ldexp(a.Hi, -e), math.Ldexp(a.Lo, -e)}
	l := Num(math.Log(m.Hi))
	for range 2 {
		d := m.Mul(l.Neg().Exp()).Sub(Num(1))
		l = l.Add(d).Sub(d.Mul(d).Mul(Num(0.5)))
	}
	return l.Add(DD{math.Ln2, 0x1.abc9e3b39803fp-56}.Mul(Num(float64(e))))
}

// Log1p wants a >= 0.
func (a DD) Log1p() DD {
	if a.Hi < 0x1p-40 {
		return a.Sub(a.Mul(a).Mul(Num(0.5))).Add(a.Mul(a).Mul(a).Div(Num(3)))
	}
	y := Num(math.Log1p(a.Hi))
	for range 2 {
		d := a.Add(Num(1)).Mul(y.Neg().Exp()).Sub(Num(1))
		y = y.Add(d).Sub(d.Mul(d).Mul(Num(0.5)))
	}
	return y
}
