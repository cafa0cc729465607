package loops

import "math"

// The constants of Adam's paper. Here they are untyped, so that 1-Beta1 is rounded once.
const (
	Beta1   = 0.9
	Beta2   = 0.999
	Epsilon = 1e-8
)

// Adam is a step of the optimizer on elements that have this in common. With gradient g, value x
// and moments m and v of an element,
//
//	g ← Scale g + L2 x
//	m ← Beta1 m + (1-Beta1) g       0 where it is below the smallest normal number
//	v ← Beta2 v + (1-Beta2) g²      the same
//	x ← Keep x - Rate m / (√v + Eps)
//
// every operation rounded to float32. On amd64 the kernel and the loop in Go give the same bits; on
// arm64 Go computes some sums by FMA.
type Adam struct {
	Scale, L2 float32 // of the gradient, and of the value that is added to it
	Rate, Eps float32 // bias corrected
	Keep      float32 // what decay leaves of the value
}

// Step makes it on tensors of one length. The gradients stay as they are.
func (a Adam) Step(value, m, v, grad []float32) {
	m, v, grad = m[:len(value)], v[:len(value)], grad[:len(value)]
	n := a.vectors(value, m, v, grad)
	a.loop(value[n:], m[n:], v[n:], grad[n:])
}

// loop is Step in Go.
func (a Adam) loop(value, m, v, grad []float32) {
	const tiny = 1 << 23 // the bits of the smallest normal number
	m, v, grad = m[:len(value)], v[:len(value)], grad[:len(value)]
	for i, x := range value {
		g := grad[i]*a.Scale + a.L2*x
		mi := Beta1*m[i] + (1-Beta1)*g
		if math.Float32bits(mi)&^(1<<31) < tiny { // in bits: its sign is no branch that could be predicted
			mi = 0
		}
		vi := Beta2*v[i] + (1-Beta2)*(g*g)
		if math.Float32bits(vi) < tiny {
			vi = 0
		}
		m[i], v[i] = mi, vi
		value[i] = a.Keep*x - a.Rate*mi/(float32(math.Sqrt(float64(vi)))+a.Eps)
	}
}
