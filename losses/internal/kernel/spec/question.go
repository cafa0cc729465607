package spec

import "math"

// A Question is a loss of elements that is no sum of terms of one class each, with its parameters.
type Question struct {
	Kind    QuestionKind
	A, B, C float64
}

// QuestionKind says which loss it is.
type QuestionKind uint8

// The kinds, with p and q for the probabilities of yes and no, t and u for their labels, and H for
// the entropy -p log p - q log q.
const (
	// Normalised is the cross entropy over D = -log p - log q, with the derivative (u - t) H/D².
	Normalised QuestionKind = iota
	// Penalised is the cross entropy less A H, with the derivative u p - t q + A p q z.
	Penalised
	// Symmetric is A times the cross entropy less B (p log t + q log u), logarithms at least C,
	// with the derivative A (u p - t q) - B p q (log t - log u). C is at least -690.
	Symmetric
	// Sparsemax and Entmax15 are the losses of those maps.
	Sparsemax
	Entmax15
	// BiTempered is that loss of T1 = A and T2 = B.
	BiTempered
	Questions // how many kinds there are
)

// SigmoidQuestion computes a question for elements as [SigmoidCrossEntropy] takes them.
func SigmoidQuestion[T Float](q Question, loss []float64, grad, z, yes, no, scale []T) (ok bool) {
	return QuestionBy(Sides, q, loss, grad, z, yes, no, scale)
}

// QuestionBy is [SigmoidQuestion] by another function [Sides].
func QuestionBy[T Float](sides func(z float64) (yes, no Side), q Question,
	loss []float64, grad, z, yes, no, scale []T) (
	ok bool) {
	switch q.Kind {
	case Sparsemax:
		return sparseElements(1, loss, grad, z, yes, no, scale)
	case Entmax15:
		return sparseElements(2, loss, grad, z, yes, no, scale)
	case BiTempered:
		return temperedBy(sides, q, loss, grad, z, yes, no, scale)
	}
	return Elements(sides, loss, grad, z, yes, no, scale, q.of)
}

// of returns the loss of the labels t and u, and its derivative by z.
func (q Question) of(yes, no Side, t, u float64) (loss, slope float64) {
	entropy := -labelled(yes.P, yes.L) - labelled(no.P, no.L)
	loss, slope = labelled(t, -yes.L)+labelled(u, -no.L), u*yes.P-t*no.P
	switch q.Kind {
	case Normalised:
		return normalised(loss, entropy, yes, no, t, u)
	case Penalised:
		return loss - q.A*entropy, slope + q.A*labelled(yes.P*no.P, yes.L-no.L)
	}
	lt, lu := q.logOf(t, u), q.logOf(u, t)
	loss = labelled(q.A, loss) - q.B*(yes.P*lt+no.P*lu)
	return loss, q.A*slope - q.B*yes.P*no.P*(lt-lu)
}

// normalised is Normalised. A class of p = 0 takes the whole sum.
func normalised(loss, entropy float64, yes, no Side, t, u float64) (share, slope float64) {
	switch {
	case math.IsInf(yes.L, -1):
		return t, 0
	case math.IsInf(no.L, -1):
		return u, 0
	}
	d := -yes.L - no.L
	return loss / d, (u - t) * (entropy / d / d)
}

// logOf returns log t, at least C. Where t is 1 less a small label u, whose digits it has lost, the
// logarithm is that by u. Smoothing may round the sum of the two.
func (q Question) logOf(t, u float64) float64 {
	switch {
	case !(t >= 0x1p-1000):
		return q.C
	case IsComplement(t, u):
		return max(math.Log1p(-u), q.C)
	}
	return max(math.Log(t), q.C)
}
