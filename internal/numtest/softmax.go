package numtest

import "math"

// Softmax is the softmax of one row of logits with a finite maximum, in double-double arithmetic:
// what kernels are held to. Nothing in it is shared with the code under test.
type Softmax struct {
	Max  int  // position of the first largest logit
	Top  DD   // that logit
	Gap  []DD // z - Top
	P    []DD // softmax
	Rest DD   // 1 - P[Max], with all digits
	Log  DD   // log Σ exp(Gap)
}

// NewSoftmax computes it of a row of logits.
func NewSoftmax[T float32 | float64](z []T) Softmax {
	y := make([]DD, len(z))
	for k, v := range z {
		y[k] = Num(float64(v))
	}
	return SoftmaxOf(y)
}

// SoftmaxOf is NewSoftmax of logits of more digits.
func SoftmaxOf(z []DD) Softmax {
	s := Softmax{}
	for k, v := range z {
		if v.Sub(z[s.Max]).Hi > 0 {
			s.Max = k
		}
	}
	s.Top = z[s.Max]
	var others DD
	for k, v := range z {
		gap := Num(math.Inf(-1))
		if !math.IsInf(v.Hi, -1) {
			gap = v.Sub(s.Top)
		}
		e := gap.Exp()
		s.Gap, s.P = append(s.Gap, gap), append(s.P, e)
		if k != s.Max {
			others = others.Add(e)
		}
	}
	total := others.Add(Num(1))
	for k, e := range s.P {
		s.P[k] = e.Div(total)
	}
	s.Rest, s.Log = others.Div(total), others.Log1p()
	return s
}

// LogP returns the log-softmax of class k.
func (s Softmax) LogP(k int) DD { return s.Gap[k].Sub(s.Log) }

// LogSumExp returns log Σ exp(z).
func (s Softmax) LogSumExp() DD { return s.Top.Add(s.Log) }
