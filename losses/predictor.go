package losses

import (
	"cmp"
	"math"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/losses/internal/kernel"
)

// predicting is a loss with a map from logits to probabilities of its own, in the place of the
// softmax.
type predicting interface {
	// predictor is the simplest loss with the same map; nil when that is the softmax.
	predictor() Loss
	// probs stores the probabilities of a row of logits z in dst; memory is 5K numbers.
	probs(dst, z, memory []float64)
}

// Predictor returns the part of the criterion that a model trained with it predicts with: its Link,
// its Temperature, 0 for 1, and, where the loss has a map of its own from logits to probabilities,
// the simplest loss with that map. All else, such as Margins and LogitShift, is of the training
// alone, but for Axis, which is of the tensors.
//
//	Sparsemax               Sparsemax{}              SparsemaxProbs
//	Entmax15                Entmax15{}               Entmax15Probs
//	BiTempered, T2 above 1  BiTempered{T1: 1, T2}    ŷ of its documentation, the tempered softmax
//	a WeightedSum           that of its terms
//	every other loss        nil                      Softmax
//
// Two predictors are equal when they are the same map.
//
// Errors: [ErrParam] for a WeightedSum whose terms have different maps, and those of
// [Criterion.Validate] for Link, Temperature and the loss by itself.
func (c Criterion) Predictor() (Criterion, error) {
	out := Criterion{Link: c.Link, Temperature: c.Temperature}
	if err := out.Link.validate(); err != nil {
		return Criterion{}, err
	}
	if err := out.validateNumbers(); err != nil {
		return Criterion{}, err
	}
	if err := checkLoss(c.loss()); err != nil {
		return Criterion{}, within("loss", err)
	}
	if out.Temperature == 1 {
		out.Temperature = 0
	}
	var err error
	out.Loss, err = predictorOf(c.loss())
	return out, err
}

func predictorOf(l Loss) (Loss, error) {
	switch l := l.(type) {
	case predicting:
		return l.predictor(), nil
	case WeightedSum:
		var all []Loss
		for _, t := range l {
			if t.Weight == 0 {
				continue
			}
			p, err := predictorOf(t.Loss)
			if err != nil {
				return nil, err
			}
			if all = append(all, p); p != all[0] {
				return nil, argError(ErrParam, "loss", "a sum of losses",
					"has no map of its own to probabilities: its terms have different ones",
					"terms that all predict with a softmax, or with the same other map")
			}
		}
		if len(all) > 0 {
			return all[0], nil
		}
	}
	return nil, nil
}

// Probs returns the probabilities that the criterion's [Criterion.Predictor] makes of logits, which
// it divides by Temperature: of the classes, along Axis, or with SigmoidLink of the yes to every
// question, the first of the map's two for the row (z, 0), and 1 for z = +Inf.
//
// Shapes: logits [N, K] → [N, K], a new tensor; other shapes as for [Criterion.Eval], with
// SigmoidLink any. A row that has no probabilities is NaN, see the maps.
//
// Errors: those of Predictor and Softmax, and [ErrShape] for logits without the class axis.
func (c Criterion) Probs(logits tensor.Tensor) (*tensor.Dense, error) {
	p, err := c.Predictor()
	if err != nil {
		return nil, err
	}
	p.Temperature = c.temperature()
	if c.Axis != 0 && c.Link == SoftmaxLink {
		return p.probsAlong(c.Axis, logits)
	}
	return p.probs(logits)
}

// probsAlong is Probs of a predictor for classes along an axis.
func (c Criterion) probsAlong(axis int, logits tensor.Tensor) (*tensor.Dense, error) {
	z, err := denseOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if err := checkRows("logits", z); err != nil {
		return nil, err
	}
	along := Criterion{Axis: axis}
	if err := cmp.Or(along.validateAxis(), along.checkAxis("logits", z.Shape())); err != nil {
		return nil, err
	}
	if z.Dtype() == tensor.Float32 {
		return probsOfRows[float32](c, axis, z)
	}
	return probsOfRows[float64](c, axis, z)
}

// probsOfRows is probsAlong of checked logits.
func probsOfRows[T kernel.Float](c Criterion, axis int, z *tensor.Dense) (*tensor.Dense, error) {
	rows := dense.Rows(z, axis, new([]T))
	k := z.Shape()[axis]
	p, err := c.probs(tensor.New(tensor.WithShape(len(rows)/k, k), tensor.WithBacking(rows)))
	if err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), z.Shape()...)
	dense.Store(out, axis, dense.Memory[T](p)[:len(rows)])
	return out, nil
}

// probs is Probs of a predictor for classes along the last axis.
func (c Criterion) probs(logits tensor.Tensor) (*tensor.Dense, error) {
	if c.Loss == nil && c.Link == SoftmaxLink {
		return TeacherLabels(logits, c.Temperature)
	}
	z, err := denseOf("logits", logits)
	if err != nil {
		return nil, err
	}
	if err := checkRows("logits", z); err != nil {
		return nil, err
	}
	out := dense.New(z.Dtype(), z.Shape()...)
	_, k := extent(z)
	mapWide(out, c.rowProbs(k), z)
	return out, nil
}

// rowProbs is Probs of a row of k logits, which it overwrites, for a predictor that is no softmax.
func (c Criterion) rowProbs(k int) func(dst []float64, in [][]float64) {
	own, hasOwn := c.Loss.(predicting)
	if c.Link == SoftmaxLink {
		memory := make([]float64, 5*k)
		return func(dst []float64, in [][]float64) {
			if c.Temperature != 1 {
				kernel.Divide(in[0], in[0], nil, c.Temperature)
			}
			own.probs(dst, in[0], memory)
		}
	}
	yes := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	if hasOwn {
		pair, memory := make([]float64, 4), make([]float64, 5*2)
		yes = func(z float64) float64 {
			pair[2], pair[3] = min(z, 0), min(-z, 0) // the row less its largest, which may be infinite
			own.probs(pair[:2], pair[2:], memory)
			return pair[0]
		}
	}
	return func(dst []float64, in [][]float64) {
		for j, z := range in[0] {
			dst[j] = yes(z / c.Temperature)
		}
	}
}
