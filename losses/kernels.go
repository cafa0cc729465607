package losses

import "softloss/losses/internal/kernel"

// evaluate computes the rows of b by the loss's own kernel, or by its Row where it has none or
// where more is asked than kernels know. It returns the first row with an invalid label, or -1.
//
// A loss that embeds one of this package's has its methods, but not its kernel.
func evaluate[T kernel.Float](b *batch[T], l Loss) (bad int) {
	switch {
	case b.targetGrad != nil:
		return evaluateLabels(b, l)
	case b.probs:
		if _, ok := l.(CrossEntropy); ok && b.index == nil && !b.twins {
			return kernel.ProbCrossEntropy(b.loss, b.grad, b.input, b.target, b.scale, b.k)
		}
		return byRow(b, l)
	}
	if s, ok := separableOf(l); ok {
		return separableRows(b, s)
	}
	switch s := l.(type) {
	case CrossEntropy:
		return crossEntropyRows(b)
	case MAE:
		return maeRows(b)
	case NCE:
		return nceRows(b)
	case ReverseCrossEntropy:
		return symmetricRows(b, SymmetricCrossEntropy{Beta: 1, A: s.A}, l)
	case SymmetricCrossEntropy:
		return symmetricRows(b, s, l)
	case KL:
		return klRows(b)
	case ConfidencePenalty:
		return confidenceRows(b, s, l)
	case BiTempered:
		return bitemperedRows(b, s)
	case WeightedSum:
		return termRows(b, s, l)
	}
	return byRow(b, l)
}

// separableOf returns l where a kernel computes it as a separable loss, and not one that embeds it.
func separableOf(l Loss) (s separable, ok bool) {
	switch v := l.(type) {
	case GCE:
		ok = v.Q >= 0x1p-400 // below, Q log p may have lost its digits
	case Focal, Poly1, AGCE, AUL, AEL:
		ok = true
	default:
		return nil, false
	}
	return l.(separable), ok
}

// evaluateRows prepares the target of b and evaluates them. It returns the first row with an
// invalid label, or -1.
func evaluateRows[T kernel.Float](b *batch[T], l Loss) (bad int) {
	if bad = b.prepareTarget(); bad >= 0 {
		return bad
	}
	if n, ok := sparseOf(l); ok {
		if b.targetGrad != nil && b.direction == nil {
			return evaluateLabels(b, l)
		}
		return sparseRows(b, n)
	}
	if bad = b.wrongSum(); bad >= 0 {
		return bad
	}
	if b.direction != nil {
		return alongDirection(b, l)
	}
	return evaluate(b, l)
}

// sparseOf returns the map of a loss that is one of a sparse map.
func sparseOf(l Loss) (n sparse, ok bool) {
	switch l.(type) {
	case Sparsemax:
		return sparsemax, true
	case Entmax15:
		return entmax15, true
	}
	return 0, false
}
