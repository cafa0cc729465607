package losses

import (
	"math"
	"slices"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// A p of float32 below 2⁻¹²⁶ is a denormal number, which has lost digits. That shows where what is
// made of it is a large multiple: beside a large weight or upstream gradient, or of a loss with
// steep slopes. Rows with such a p are then computed a second time, in float64. Weights and slopes
// decide that for the loss, so that it is the same whether there is a gradient or not.

// steep is a loss that may be a large multiple of p.
type steep interface {
	// steepness returns a bound of φ'(l), or of what else p is multiplied by.
	steepness() float64
}

// steepness returns that of l, of most losses about 1.
func steepness(l Loss) float64 {
	if s, ok := l.(steep); ok {
		return max(1, s.steepness())
	}
	return 1
}

func (p Poly1) steepness() float64 { return 1 + p.Epsilon }

func (l AGCE) steepness() float64 { return math.Pow(l.A, l.Q-1) + math.Pow(l.A+1, l.Q-1) }

func (l AUL) steepness() float64 { return math.Pow(l.A, l.Q-1) + math.Pow(l.A-1, l.Q-1) }

func (l AEL) steepness() float64 { return 1 / l.A }

func (c ConfidencePenalty) steepness() float64 { return 1 + 100*c.Beta }

func (c ReverseCrossEntropy) steepness() float64 { return -c.A }

func (s SymmetricCrossEntropy) steepness() float64 { return s.Alpha - s.Beta*s.A }

func (s WeightedSum) steepness() (sum float64) {
	for _, t := range s {
		sum += t.Weight * steepness(t.Loss)
	}
	return sum
}

// power returns the largest of p that l multiplies another p by.
func power(l Loss) (most float64) {
	switch l := l.(type) {
	case Focal:
		return l.Gamma
	case Asymmetric:
		return max(l.GammaPos, l.GammaNeg)
	case WeightedSum:
		for _, t := range l {
			most = max(most, power(t.Loss))
		}
	}
	return most
}

// setLift sets what lifts p in every row, or in none where there are no rows in which that shows.
func (e *engine[T]) setLift() {
	e.lifting = lifting{}
	if !single[T]() || e.probs || e.sumToOne {
		return
	}
	slope, weight := steepness(e.formula), e.lift
	if e.classWeights != nil {
		slope *= max(1, kernel.SizesOf(e.classWeights).Most)
	}
	if e.posWeight != nil {
		slope *= max(1, slices.Max(e.posWeight))
	}
	if e.sample != nil {
		weight *= e.sampleSizes.Most
	}
	upstream := 0.0
	switch {
	case e.grad == nil && e.targetGrad == nil:
	case len(e.upstream) > 1:
		upstream = kernel.SizesOf(e.upstream).Most
	default:
		upstream = math.Abs(e.upstreamOf(0))
	}
	if slope*weight*max(1, upstream*e.div/min(1, e.temperature)) > mostLift && !foreign(e.formula) {
		e.lifting = lifting{slope, min(closest, closestPower/(1+power(e.formula)))}
	}
}

// mendLifted computes those rows anew in which it shows that a p has lost digits. sample holds the
// weights of the rows, or is nil.
func (b *batch[T]) mendLifted(l Loss, linear bool, by lifting, sample []T) (row int, err error) {
	if !b.shiftsLogits() && !(kernel.SizesOf(b.input).Most >= by.closest/2) {
		return 0, nil
	}
	for i := range b.n {
		ofLoss := by.slope * b.weight(i) * b.lift
		if sample != nil {
			ofLoss *= float64(sample[i])
		}
		lift := ofLoss
		if b.grad != nil || b.targetGrad != nil {
			lift = max(lift, by.slope*b.largestFactor(i))
		}
		if !(lift > mostLift) || !b.hasFaint(i, by.closest, lift) {
			continue
		}
		c := b.slice(i, i+1)
		if !(ofLoss > mostLift) {
			c.loss = dense.Grow(&b.lifted, 1) // and the loss stays
		}
		if row, err = c.computeWide(l, linear); err != nil {
			return i + row, err
		}
	}
	return 0, nil
}

// largestFactor returns the larger of the factors of row i's gradients.
func (b *batch[T]) largestFactor(i int) float64 {
	f := math.Abs(of(b.scale, i))
	if b.excess != nil {
		f *= math.Abs(of(b.excess, i))
	}
	return max(f, math.Abs(b.shareOf(i)))
}

// hasFaint reports whether row i has, or may have, a p that is further below the largest than
// closest, and not so far that lift times it is 0.
func (b *batch[T]) hasFaint(i int, closest, lift float64) bool {
	furthest := furthestOf(lift)
	faint := func(apart float64) bool { return closest < apart && apart < furthest }
	z := part(b.input, i, i+1, b.k)
	switch {
	case b.movesLabel():
		return true
	case b.link == SigmoidLink:
		shift := 0.0
		if b.shifts != nil {
			shift = own(b, b.shifts, i, i+1)[0]
		}
		return faint(math.Abs(float64(z[0])+shift) / b.temperature)
	}
	most := math.Inf(-1)
	for k, v := range z {
		most = max(most, float64(v)+b.shiftOf(k))
	}
	for k, v := range z {
		if faint((most - (float64(v) + b.shiftOf(k))) / b.temperature) {
			return true
		}
	}
	return false
}

// liftedGrad returns the gradient of a map of logits, of which the rows are computed by wide where
// the upstream gradient would show what a p has lost.
func liftedGrad(grad func(dst, z, u []float32, k int), wide func(dst, z, u []float64, k int)) func(
	dst, z, u []float32, k int) {
	return func(dst, z, u []float32, k int) {
		grad(dst, z, u, k)
		n := len(z) / k
		for i := range n {
			up, row := part(u, i, i+1, len(u)/n), part(z, i, i+1, k)
			sizes := kernel.SizesOf(up)
			if lift := float64(len(up)) * sizes.Most; sizes.Finite && lift > mostLift && mayBeFaint(row, lift) {
				x := make([]float64, 2*k+len(up))
				wide(x[:k], widened(x[k:2*k], row), widened(x[2*k:], up), k)
				kernel.Round(part(dst, i, i+1, k), x[:k])
			}
		}
	}
}
