//go:build !purego && (amd64 || arm64)

package vec

import (
	"math"
	"unsafe"

	"softloss/losses/internal/kernel/spec"
)

// A piecesPlan is what sigmoidPieces takes, where a vector of memory begins, for a loss whose
// classes are of a family each, sigmoidDensePieces where both are of the same one,
// sigmoidPowerPieces for generalised cross entropy, or a kernel of odds or rows.
type piecesPlan struct {
	par []float32
	ok  bool // it is exact enough
}

const (
	alignment = 64
	raise     = 1 << pieceRaise // of exponentials
)

// newPlan returns a plan of n numbers.
func newPlan(n int) *piecesPlan { return &piecesPlan{par: aligned[float32](n), ok: true} }

// aligned returns memory for n numbers where a vector begins.
func aligned[T spec.Float](n int) []T {
	size := spec.Size[T]()
	memory := make([]T, n+alignment/size)
	at := int(-uintptr(unsafe.Pointer(&memory[0]))%alignment) / size
	return memory[at : at+n : at+n]
}

// A pieceFamily is the loss of a class.
type pieceFamily struct {
	spec.Family
	a float64
}

// rate returns the k of exp(-k a), beside which the loss of the likely class is smooth.
func (f pieceFamily) rate() float64 {
	switch {
	case f.Family == spec.Focal:
		return 1 + f.a
	case f.Family == spec.Poly1 && f.a == -1:
		return 2
	}
	return 1
}

// last returns the loss of a certain class.
func (f pieceFamily) last() float64 {
	if !f.Smooth() {
		return 0
	}
	v, _, _ := spec.SmoothPhi(f.Family, f.a, 1, 0)
	return v
}

// near returns what the loss of the likely class of a logit of size a has beyond the last one, over
// exp(-k a), and the same of its derivative.
func (f pieceFamily) near(a float64) [2]float64 {
	p, _ := spec.Sides(a)
	v, slope := f.beyond(p)
	by := math.Exp(f.rate()*a) / raise
	return [2]float64{v * by, slope * by}
}

// loss returns the loss of a class, and the size of its derivative by the logit.
func (f pieceFamily) loss(p spec.Side) (v, slope float64) {
	v, dv := spec.PhiOf(f.Family, f.a, p.L, p.P, p.Rest)
	return v, -dv * p.Rest
}

// beyond is loss without the last one.
func (f pieceFamily) beyond(p spec.Side) (v, slope float64) {
	v, slope = f.loss(p)
	switch f.Family {
	case spec.AEL:
		return f.last() * math.Expm1(p.Rest/f.a), slope
	case spec.Poly1: // (1+a) (1-p) and what -log p has beyond 1-p, the series of which starts with half its square
		square := p.Rest * p.Rest
		more := -p.L - p.Rest
		if p.Rest < 0x1p-4 {
			more = 0
			for n := 16.; n >= 2; n-- {
				more = more*p.Rest + 1/n
			}
			more *= square
		}
		return (1+f.a)*p.Rest + more, p.Rest * (1 + f.a - f.a*p.Rest)
	}
	return v - f.last(), slope
}

// far returns the loss of the other class, and its derivative, of a smooth family over exp(-a).
func (f pieceFamily) far(a float64) [2]float64 {
	_, q := spec.Sides(a)
	v, slope := f.loss(q)
	if f.Smooth() {
		slope *= math.Exp(a) / raise
	}
	return [2]float64{v, slope}
}
