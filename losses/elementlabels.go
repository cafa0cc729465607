package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// knowsLabels reports whether [elementLabels] knows the gradients by the labels, of a loss that is
// linear in its target or not.
func (b *batch[T]) knowsLabels(s sigmoidKernel, linear bool) bool {
	return b.posWeight == nil && (linear || s.isEntropy() || s.kind == sigmoidKL && !b.smoothing.on())
}

// isEntropy reports whether s is cross entropy, and no more than that depends on labels.
func (s sigmoidKernel) isEntropy() bool {
	return s.kind == sigmoidCrossEntropy || s.kind == sigmoidQuestion && s.question.Kind == kernel.Penalised
}

// elementLabels stores the gradients by the labels of elements with the logits z, of which keep is
// the part that smoothing leaves of a label:
//
//	dL/dt = keep (L(z, 1) - L(z, 0)),   -keep z for cross entropy
//
// and for the divergence what its labels' own entropy adds.
func elementLabels[T kernel.Float](b *batch[T], s sigmoidKernel, z []T, keep float64) {
	buf := dense.Grow(&b.slopes, 3*b.n)
	slope, scaled := buf[:b.n], buf[b.n:2*b.n]
	if s.isEntropy() || s.kind == sigmoidKL {
		kernel.Widen(slope, z)
		kernel.Factors(slope, slope, -1)
		noInfinity(slope)
		if s.kind == sigmoidKL {
			addLogits(slope, scaled, buf[2*b.n:], b.target)
		}
	} else {
		c, label := *b, dense.Grow(&b.paired, b.n)
		c.grad = nil
		clear(label)
		c.loss = scaled
		sigmoidEvaluate(s, &c, z, label, nil)
		label[0] = 1
		repeat(label, 1)
		c.loss = slope
		sigmoidEvaluate(s, &c, z, label, nil)
		kernel.AddScaled(slope, scaled, -1)
	}
	b.storeSlopes(slope, scaled, keep*b.lift)
}

// addLogits adds log t - log(1-t) to slope for the labels t. u and log hold as many.
func addLogits[T kernel.Float](slope, u, log []float64, t []T) {
	const most, least = 700, 1e-300 // exp(-700) is above the least
	addLogs := func(sign float64) {
		kernel.MinusLogs(log, u, most)
		kernel.AddScaled(slope, log, -sign)
		for i, x := range u {
			if x < least {
				slope[i] += sign * (kernel.Log(x) + most)
			}
		}
	}
	kernel.Widen(u, t)
	addLogs(1)
	for i, x := range u {
		u[i] = 1 - x
	}
	addLogs(-1)
}

// noInfinity makes -Inf NaN, as what a logit +Inf leads to is.
func noInfinity(minus []float64) {
	if finite(kernel.Sum(minus)) {
		return
	}
	for i, x := range minus {
		if math.IsInf(x, -1) {
			minus[i] = math.NaN()
		}
	}
}

// storeSlopes stores the derivatives by the labels of elements times f and the share and the weight
// of each. scaled holds as many.
func (b *batch[T]) storeSlopes(slope, scaled []float64, f float64) {
	each := len(b.share) > 1
	if !each {
		f *= b.shareOf(0)
	}
	kernel.Factors(scaled, slope, f)
	switch {
	case each && b.wideShare != nil:
		kernel.Times(scaled, b.wideShare)
	case each:
		kernel.Times(scaled, b.share)
	}
	if b.rowWeight != nil {
		kernel.Times(scaled, b.rowWeight[:b.n])
	}
	kernel.Round(b.targetGrad, scaled)
	if finite(kernel.Sum(b.targetGrad)) {
		return
	}
	for i, x := range slope {
		if finite(b.targetGrad[i]) {
			continue
		}
		w := f
		if each {
			w *= b.shareOf(i)
		}
		if b.rowWeight != nil {
			w *= b.rowWeight[i]
		}
		b.targetGrad[i] = T(times(w, x))
	}
}
