package losses_test

import (
	"fmt"
	"math"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// GCE is a loss of a user's own, generalised cross entropy: Σ_k t_k (1 - p_k^Q)/Q.
type GCE struct{ Q float64 }

// Row implements losses.Loss.
func (l GCE) Row(r losses.Row) (loss float64) {
	for k, t := range r.Target {
		cost := -math.Expm1(l.Q*r.LogP[k]) / l.Q
		loss += t * cost
		if r.Grad != nil {
			r.Grad[k] = -t * math.Exp(l.Q*r.LogP[k])
		}
		if r.TargetGrad != nil {
			r.TargetGrad[k] = cost
		}
	}
	return loss
}

// Validate implements losses.Validator.
func (l GCE) Validate() error {
	if !(l.Q > 0 && l.Q <= 1) {
		return fmt.Errorf("%w: Q is %v, want a number in (0, 1]", losses.ErrParam, l.Q)
	}
	return nil
}

// A loss of one's own is a struct with a method Row. It works on soft and index
// targets, with smoothing and every reduction.
func ExampleLoss() {
	logits := tensor.New(tensor.WithShape(3, 5), tensor.WithBacking([]float64{
		6, 1, 3, 1, 2,
		5, 8, 1, 1, 2,
		1, 3, 4, 2, 0,
	}))
	index := tensor.New(tensor.WithShape(3), tensor.WithBacking([]int{0, 1, 3}))

	c := losses.Criterion{Loss: GCE{Q: 0.7}, Reduction: losses.None}
	loss, grad, err := c.EvalGrad(logits, index)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", loss.Data())
	fmt.Printf("%.4f\n", grad.Data().([]float64)[:5])

	_, err = losses.Criterion{Loss: GCE{}}.Eval(logits, index)
	fmt.Println(err)
	// Output:
	// [0.0763 0.0517 1.1718]
	// [-0.0714 0.0059 0.0436 0.0059 0.0160]
	// losses: loss: parameter of a loss out of range: Q is 0, want a number in (0, 1]
}
