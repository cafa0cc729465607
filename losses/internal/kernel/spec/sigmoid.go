package spec

import "math"

// A Question is the softmax of an element whose two classes have the logits z and 0: of the likely
// class, the one of |z|, and of the other one.
type Question struct {
	Size float64 // |z|, NaN for z = +Inf
	Log  float64 // log1p(exp(-|z|)): log p is -Log, and of the other class -(Size + Log)
	P    float64 // the likely class's p, 1-p of the other
	Rest float64 // 1-p, p of the other
}

// Ask returns the question of the logit z.
func Ask(z float64) Question {
	if math.IsInf(z, 1) {
		z = math.NaN()
	}
	size := math.Abs(z)
	e := math.Exp(-size)
	return Question{Size: size, Log: math.Log1p(e), P: 1 / (1 + e), Rest: e / (1 + e)}
}

// SigmoidCrossEntropy computes, for every element with the label yes of z and no of 0,
//
//	loss = yes log(1 + exp(-z)) + no log(1 + exp(z)),   grad = scale (no σ(z) - yes σ(-z))
//
// where scale holds one factor for all elements or one an element; a nil grad is not computed. The
// labels are finite and not negative.
//
// For t, the label of the likely class, and u of the other that is (t + u) log1p(exp(-|z|)) + u |z|:
// nothing cancels.
func SigmoidCrossEntropy[T Float](loss []float64, grad, z, yes, no, scale []T) {
	sigmoid(loss, grad, z, yes, no, scale, func(q Question, t, u float64) (loss, slope float64) {
		loss = (t + u) * q.Log
		if u != 0 {
			loss += u * q.Size
		}
		return loss, u*q.P - t*q.Rest
	})
}

// SigmoidSeparable is [Separable] for elements as [SigmoidCrossEntropy] takes them.
func SigmoidSeparable[T Float](f Family, a float64, loss []float64, grad, z, yes, no, scale []T) {
	sigmoid(loss, grad, z, yes, no, scale, func(q Question, t, u float64) (loss, slope float64) {
		return q.Separable(f, a, t, u)
	})
}

// Separable returns the loss for the labels t of the likely class and u, and its derivative by |z|.
func (q Question) Separable(f Family, a, t, u float64) (loss, slope float64) {
	if t != 0 {
		v, dv, _ := Phi(f, a, -q.Log, q.Rest)
		loss, slope = t*v, t*dv*q.Rest
	}
	if u != 0 {
		v, dv, _ := Phi(f, a, -(q.Size + q.Log), q.P)
		loss, slope = loss+u*v, slope-u*dv*q.P
	}
	return loss, slope
}

// SigmoidMAE is [MAE] for elements as [SigmoidCrossEntropy] takes them.
func SigmoidMAE[T Float](loss []float64, grad, z, yes, no, scale []T) {
	sigmoid(loss, grad, z, yes, no, scale, Question.MAE)
}

// MAE is that of [Question.Separable].
func (q Question) MAE(t, u float64) (loss, slope float64) {
	d, other := (1-t)-q.Rest, q.Rest-u
	return math.Abs(d) + math.Abs(other), q.P * q.Rest * (Sign(d) - Sign(other))
}

func sigmoid[T Float](loss []float64, grad, z, yes, no, scale []T,
	f func(q Question, t, u float64) (loss, slope float64)) {
	for i, x := range z {
		v, d := Answer(Ask(float64(x)), float64(x), float64(yes[i]), float64(no[i]), f)
		if loss[i] = v; grad != nil {
			grad[i] = T(Factor(scale, i) * d)
		}
	}
}

// Answer returns the loss f of the question of z and its derivative by z.
func Answer(q Question, z, yes, no float64, f func(q Question, t, u float64) (loss, slope float64)) (loss, d float64) {
	switch {
	case q.Size != q.Size:
		return q.Size, q.Size
	case z > 0:
		return f(q, yes, no)
	}
	loss, d = f(q, no, yes)
	return loss, 0 - d
}

// Complement stores 1 - t in dst. It returns false when a t is not in [0, 1].
func Complement[T Float](dst, t []T) (ok bool) {
	ok = true
	for i, v := range t {
		dst[i] = 1 - v
		ok = ok && v >= 0 && v <= 1
	}
	return ok
}
