package losses

import (
	"math"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// knowsLabels reports whether [elementLabels] knows the gradients by the labels, of a loss that is
// linear in its target or not.
func (b *batch[T]) knowsLabels(s sigmoidKernel, linear bool) bool {
	return b.posWeight == nil && (linear || s.isEntropy() || !b.smoothing.on() && (s.kind == sigmoidKL || s.isSymmetric()))
}

// isSymmetric reports whether s is the symmetric cross entropy.
func (s sigmoidKernel) isSymmetric() bool {
	return s.kind == sigmoidQuestion && s.question.Kind == kernel.Symmetric
}

// isEntropy reports whether s is cross entropy, and no more than that depends on labels.
func (s sigmoidKernel) isEntropy() bool {
	return s.kind == sigmoidCrossEntropy || s.kind == sigmoidQuestion && s.question.Kind == kernel.Penalised
}

// knowsSlope reports whether the derivative of s by a label is known without the losses of both
// labels, of which it is the difference.
func (s sigmoidKernel) knowsSlope() bool {
	return s.isEntropy() || s.kind == sigmoidKL || s.isSymmetric()
}

// elementLabels stores the gradients by the labels of elements with the logits z, of which keep is
// the part that smoothing leaves of a label:
//
//	dL/dt = keep (L(z, 1) - L(z, 0)),   -keep z for cross entropy
//
// and for the divergence what its labels' own entropy adds.
func elementLabels[T kernel.Float](b *batch[T], s sigmoidKernel, z []T, keep float64) {
	buf := dense.Grow(&b.slopes, 6*b.n+1)
	slope, scaled := buf[:b.n], buf[b.n:2*b.n]
	if s.knowsSlope() {
		kernel.Widen(slope, z)
		kernel.Factors(slope, slope, -1)
		noInfinity(slope)
		switch {
		case s.kind == sigmoidKL:
			addLogits(slope, scaled, buf[2*b.n:3*b.n], b.target)
		case s.isSymmetric():
			reverseSlopes(s.question, slope, buf[b.n:], z, b.target)
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

// reverseSlopes makes slope, -z for logits z, the derivative of the symmetric cross entropy c by
// the labels t,
//
//	-A z - B (p/t - q/(1-t)),   p = 1-q = 1/(1+exp(-z))
//
// without p/t where log t is at most C, and so for 1-t. memory has room for one and five times as
// many.
func reverseSlopes[T kernel.Float](c kernel.Question, slope, memory []float64, z, t []T) {
	n := len(t)
	wide, label, loss, p, q := memory[:n], memory[n:2*n], memory[2*n:3*n], memory[3*n:4*n], memory[4*n:5*n]
	scale := memory[5*n:]
	kernel.Widen(wide, z)
	clear(label)
	scale[0] = 1
	kernel.SigmoidCrossEntropy(loss, p, wide, label, nil, scale)
	label[0], scale[0] = 1, -1
	repeat(label, 1)
	kernel.SigmoidCrossEntropy(loss, q, wide, label, nil, scale)
	reverse := ReverseCrossEntropy{c.C}
	floor := reverse.floor()
	free := func(t, other float64) bool {
		if !(t > floor) || t > floor*(1+0x1p-30) {
			return t > floor
		}
		_, free := reverse.log(t, other, floor)
		return free
	}
	for i, v := range t {
		t, u, g := float64(v), 1-float64(v), times(c.A, slope[i])
		if free(t, u) {
			g -= c.B * p[i] / t
		}
		if free(u, t) {
			g += c.B * q[i] / u
		}
		slope[i] = g
	}
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
