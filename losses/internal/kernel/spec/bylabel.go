package spec

import "math"

// A ByLabel is the derivative of a loss of elements by the label t of yes, which takes as much from
// the label u of no. It is of a loss that is not linear in them.
type ByLabel struct {
	Kind    ByLabelKind
	A, B, C float64 // the parameters of the loss's [Question]
}

// ByLabelKind says of which loss.
type ByLabelKind uint8

// The kinds, with p and q for the probabilities of yes and no, with which the losses are
//
//	Σ |p - t|, and the divergence of p from t
//	the questions of the same names
const (
	AbsoluteByLabel   ByLabelKind = iota // sign(q - u) - sign(p - t)
	DivergenceByLabel                    // log t - log u - z
	SparsemaxByLabel                     // t - u - z
	Entmax15ByLabel                      // 2 (√t - √u) - z
	SymmetricByLabel                     // -A z - B (p/t - q/u), without p/t where log t is at most C, and so for q/u
	BiTemperedByLabel                    // log_A t - log_A u - (log_A p - log_A q)
)

// SigmoidByLabel stores those of elements as [SigmoidCrossEntropy] takes them, NaN where z is +Inf.
func SigmoidByLabel[T Float](l ByLabel, dst []float64, z, yes, no []T) {
	for i, x := range z {
		t, u, _ := BothLabels(yes, no, i)
		if dst[i] = l.of(float64(x), t, u); math.IsInf(float64(x), 1) {
			dst[i] = math.NaN()
		}
	}
}

func (l ByLabel) of(z, t, u float64) float64 {
	switch l.Kind {
	case AbsoluteByLabel:
		yes, no := Sides(z)
		return Sign(no.less(u, t)) - Sign(yes.less(t, u))
	case SparsemaxByLabel:
		return (t - u) - z
	case Entmax15ByLabel:
		return 2*(math.Sqrt(t)-math.Sqrt(u)) - z
	case SymmetricByLabel:
		return l.symmetric(z, t, u)
	case BiTemperedByLabel:
		return l.tempered(z, t, u)
	}
	return (Log(t) - Log(u)) - z
}

// symmetric is SymmetricByLabel.
func (l ByLabel) symmetric(z, t, u float64) float64 {
	yes, no := Sides(z)
	q := Question{C: l.C}
	d := -labelled(l.A, z)
	if q.logOf(t, u) > l.C {
		d -= l.B * yes.P / t
	}
	if q.logOf(u, t) > l.C {
		d += l.B * no.P / u
	}
	return d + 0*yes.P
}

// tempered is BiTemperedByLabel.
func (l ByLabel) tempered(z, t, u float64) float64 {
	e := 1 - l.A
	yes, no := Sides(TemperedLogit(z, l.B-1))
	if e == 0 {
		return (Log(t) - Log(u)) - (yes.L - no.L)
	}
	power := func(log float64) float64 { return math.Expm1(e * log) }
	return ((power(Log(t)) - power(Log(u))) - (power(yes.L) - power(no.L))) / e
}
