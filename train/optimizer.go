package train

import "math"

// Adam's constants, those of the paper.
const (
	beta1   = 0.9
	beta2   = 0.999
	epsilon = 1e-8
)

// adam is the Adam optimizer (Kingma and Ba, ICLR 2015, arXiv:1412.6980, algorithm 1), with
// clipping of the gradient and the two ways to keep weights small. Step t with learn rate r changes
// every parameter θ of gradient g by
//
//	g ← g · min(1, c/|g|)                 |g| the Euclidean norm of the whole gradient, c the
//	                                      largest wanted; 0: left out
//	g ← g + λ θ                           L2: the gradient of λ/2·θ²; weights only, not biases
//	m ← β1 m + (1-β1) g
//	v ← β2 v + (1-β2) g²
//	θ ← (1 - r δ) θ - r m̂ / (√v̂ + ε)      m̂ = m/(1-β1^t), v̂ = v/(1-β2^t)
//
// where δ, weights only again, is the decoupled decay of AdamW (Loshchilov and Hutter, ICLR 2019,
// arXiv:1711.05101, algorithm 2; times the learn rate, as in PyTorch). The last line is computed in
// the paper's faster form, r√(1-β2^t)/(1-β1^t) · m/(√v + ε√(1-β2^t)), which is the same.
//
// It works in place on float32 and copies nothing. A moment that falls below the smallest normal
// number becomes 0: next to ε it is nothing, and such numbers are slow.
type adam struct {
	params []adamParam
	steps  int // that were made

	l2, decay, clip float64 // λ, δ, c
}

// adamParam is a tensor that adam changes.
type adamParam struct {
	value, m, v []float32
	bias        bool // without L2 and decay
}

// newAdam returns an optimizer of the model's own tensors, in the order weights 1, bias 1, weights
// 2, ….
func newAdam(m *Model, cfg Config) *adam {
	a := &adam{l2: cfg.L2, decay: cfg.WeightDecay, clip: cfg.ClipNorm}
	for _, l := range m.layers {
		for i, t := range [][]float32{l.Weights.Float32s(), l.Bias.Float32s()} {
			a.params = append(a.params, adamParam{value: t, m: make([]float32, len(t)), v: make([]float32, len(t)),
				bias: i == 1})
		}
	}
	return a
}

// step changes the parameters by their gradients, which it leaves as they are.
func (a *adam) step(grads [][]float32, rate float64) {
	a.steps++
	root := math.Sqrt(1 - math.Pow(beta2, float64(a.steps)))
	c := adamStep{
		scale: float32(clipScale(grads, a.clip)),
		rate:  float32(rate * root / (1 - math.Pow(beta1, float64(a.steps)))),
		eps:   float32(epsilon * root),
		keep:  1,
	}
	decayed := c
	decayed.l2, decayed.keep = float32(a.l2), float32(1-rate*a.decay)
	for i, p := range a.params {
		if p.bias {
			c.apply(p.value, p.m, p.v, grads[i])
		} else {
			decayed.apply(p.value, p.m, p.v, grads[i])
		}
	}
}

// adamStep is what the parameters of a step have in common.
type adamStep struct {
	scale, l2 float32 // of the gradient, and of the value that is added to it
	rate, eps float32 // bias corrected
	keep      float32 // what decay leaves of the value
}

// apply changes one tensor.
func (c adamStep) apply(value, m, v, grad []float32) {
	const tiny = 1 << 23 // the bits of the smallest normal number
	m, v, grad = m[:len(value)], v[:len(value)], grad[:len(value)]
	// the common case: for finite values the same bits without these three
	plain := c.scale == 1 && c.l2 == 0 && c.keep == 1
	for i, x := range value {
		g := grad[i]
		if !plain {
			g, x = g*c.scale+c.l2*x, c.keep*x
		}
		mi := beta1*m[i] + (1-beta1)*g
		if math.Float32bits(mi)&^(1<<31) < tiny { // in bits: its sign is no branch that could be predicted
			mi = 0
		}
		vi := beta2*v[i] + (1-beta2)*(g*g)
		if math.Float32bits(vi) < tiny {
			vi = 0
		}
		m[i], v[i] = mi, vi
		value[i] = x - c.rate*mi/(float32(math.Sqrt(float64(vi)))+c.eps)
	}
}

// clipScale returns what the gradient is multiplied by so that its norm is at most limit: 1 when it
// is, for limit 0, and for a norm that is not finite, which no factor heals: the weights show it,
// and training ends with [DivergedError]. The sum is taken in float64, which float32 gradients
// cannot overflow, tensor by tensor from the first element to the last.
func clipScale(grads [][]float32, limit float64) float64 {
	if limit == 0 {
		return 1
	}
	var sum float64
	for _, g := range grads {
		for _, x := range g {
			sum += float64(x) * float64(x)
		}
	}
	if norm := math.Sqrt(sum); norm > limit && !math.IsInf(norm, 0) {
		return limit / norm
	}
	return 1
}
