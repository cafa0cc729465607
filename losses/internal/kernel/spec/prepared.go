package spec

import "math"

// Prepared says which logits the softmax is of where it is not that of those in memory:
//
//	y_k = (Factor + FactorLow) z_k + Hi_k + Low_k
//
// Nil slices stand for 0. A kernel that prepares them while it reads keeps all digits that the
// exponential of y needs; FactorLow, what Factor has lost, is for float64 alone. The kernels of
// amd64 take what is added as
//
//	Hi_k + Low_k = Power_k ln 2 + Factor Rest_k
//
// too, Power a multiple of a power of two.
type Prepared[T Float] struct {
	Factor, FactorLow float64
	Hi, Low           []T
	Power, Rest       []T
}

// MostShift bounds what is added: Hi, a multiple of the grid, then has no more than 19 digits, or
// 48. What kernels make of it takes the others.
const MostShift = 1 << 10

// OnGrid returns the multiple of the grid next to x.
func OnGrid[T Float](x float64) float64 {
	const single, double = 0x1p-9, 0x1p-38
	if Size[T]() == 4 {
		return math.RoundToEven(x/single) * single
	}
	return math.RoundToEven(x/double) * double
}

// NewPrepared returns what is for the logits z/t.
func NewPrepared[T Float](t float64) (p Prepared[T]) {
	p.Factor = 1 / t
	p.FactorLow = math.FMA(-p.Factor, t, 1) / t
	return p
}

// AddIn makes x, of four numbers a class, the memory for what is added.
func (p *Prepared[T]) AddIn(x []T) {
	k := len(x) / 4
	p.Hi, p.Low, p.Power, p.Rest = x[:k:k], x[k:2*k:2*k], x[2*k:3*k:3*k], x[3*k:]
}

// Set makes s/t what is added to the logit of class k. It reports whether that is in range.
func (p *Prepared[T]) Set(k int, s, t float64) (ok bool) {
	x := s / t
	hi := OnGrid[T](x)
	p.Hi[k], p.Low[k] = T(hi), T((x-hi)+math.FMA(-x, t, s)/t)
	return math.Abs(x) <= MostShift
}

// Lower makes (shift - label margin)/t what is added to the logits, nil slices standing for 0. It
// reports whether that is in range.
func (p *Prepared[T]) Lower(labels []T, margin, shift []float64, t float64) (ok bool) {
	for k := range p.Hi {
		var x float64
		if labels != nil {
			x = -float64(labels[k]) * margin[k]
		}
		if shift != nil {
			x += shift[k]
		}
		if !p.Set(k, x, t) {
			return false
		}
	}
	return true
}

// Added returns what is added to the logit of class k.
func (p *Prepared[T]) Added(k int) float64 {
	if p.Hi == nil {
		return 0
	}
	return float64(p.Hi[k]) + float64(p.Low[k])
}

// Less returns y_k - y_top for the logits z, top one of the largest, of float64 with its digits.
func (p *Prepared[T]) Less(z []T, k, top int) float64 {
	m := OnGrid[T](p.Factor*float64(z[top]) + p.Added(top))
	return p.Beyond(z, k, m) - p.Beyond(z, top, m)
}

// Beyond returns y_k - m for the logits z, m a multiple of the grid.
func (p *Prepared[T]) Beyond(z []T, k int, m float64) float64 {
	hi, low := -m, 0.0
	if p.Hi != nil {
		hi, low = float64(p.Hi[k])-m, float64(p.Low[k])
	}
	return math.FMA(p.Factor, float64(z[k]), hi) + math.FMA(p.FactorLow, float64(z[k]), low)
}

// MostLost is below which an lse of float32 has lost digits, as the largest logit and the logarithm
// that it is the sum of have cancelled.
const MostLost = 1

// ShowsLost reports whether a gradient (mass + extra lse) p, or the loss that it is of, shows the
// digits that lse has lost.
func ShowsLost[T Float](mass, extra, lse float64) bool {
	size := math.Abs(lse)
	return Size[T]() == 4 && size < MostLost && math.Abs(extra)*(size+0.5) > mass/2
}

// Off reports whether y is z.
func (p *Prepared[T]) Off() bool { return p.Factor == 1 && p.Hi == nil }
