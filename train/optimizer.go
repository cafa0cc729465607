package train

import (
	"math"

	"softloss/train/internal/loops"
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
	for i, t := range m.params() {
		a.params = append(a.params, adamParam{value: t, m: make([]float32, len(t)), v: make([]float32, len(t)),
			bias: i%2 == 1})
	}
	return a
}

// step changes the parameters by their gradients, which it leaves as they are.
func (a *adam) step(grads [][]float32, rate float64) {
	a.steps++
	root := math.Sqrt(1 - math.Pow(loops.Beta2, float64(a.steps)))
	c := loops.Adam{
		Scale: float32(clipScale(grads, a.clip)),
		Rate:  float32(rate * root / (1 - math.Pow(loops.Beta1, float64(a.steps)))),
		Eps:   float32(loops.Epsilon * root),
		Keep:  1,
	}
	decayed := c
	decayed.L2, decayed.Keep = float32(a.l2), float32(1-rate*a.decay)
	for i, p := range a.params {
		if p.bias {
			c.Step(p.value, p.m, p.v, grads[i])
		} else {
			decayed.Step(p.value, p.m, p.v, grads[i])
		}
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
