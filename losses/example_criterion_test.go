package losses_test

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/losses"
)

// Normalised cross entropy with reverse cross entropy, an active and a passive loss: the sum is
// robust to label noise as both are, and learns where either alone would not.
func ExampleWeightedSum() {
	logits := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{
		2, 1, 0,
		0, 0, 3,
	}))
	index := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{0, 1})) // the second is mislabelled

	c := losses.Criterion{
		Loss: losses.WeightedSum{
			{Weight: 1, Loss: losses.NCE{}},
			{Weight: 0.1, Loss: losses.ReverseCrossEntropy{A: -4}},
		},
		Reduction: losses.None,
	}
	loss, grad, err := c.EvalGrad(logits, index)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", loss.Data())
	fmt.Printf("%.4f\n", grad)
	// Output:
	// [0.2304 0.8743]
	// ⎡-0.1911   0.1292   0.0620⎤
	// ⎣ 0.0757  -0.1015   0.0258⎦
}

// Distillation: the student learns the teacher's softmax at a temperature. The gradient shrinks
// with the square of the temperature, and an upstream of T² gives it back its size (Hinton et al.
// 2015).
func ExampleCriterion_distillation() {
	const T = 4.0
	teacher := tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{8 / T, 4 / T, 0}))
	labels, err := losses.Softmax(teacher)
	if err != nil {
		fmt.Println(err)
		return
	}
	student := tensor.New(tensor.WithShape(1, 3), tensor.WithBacking([]float64{2, 1, 0}))

	c := losses.Criterion{Loss: losses.KL{}, Temperature: T}
	loss := tensor.New(tensor.FromScalar(0.0))
	grad := tensor.New(tensor.Of(tensor.Float64), tensor.WithShape(1, 3))
	err = c.EvalInto(losses.Outputs{Loss: loss, Grad: grad}, losses.Inputs{
		Logits: student, Target: labels, Upstream: tensor.New(tensor.FromScalar(T * T)),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", labels)
	fmt.Printf("%.4f\n", loss.Data().(float64)*T*T)
	fmt.Printf("%.4f\n", grad)
	// Output:
	// R[0.6652  0.2447  0.0900]
	// 2.2902
	// R[-0.9840   0.3271   0.6570]
}

// Class weights multiply the labels before smoothing. WeightedMean divides by the weights of the
// rows, as PyTorch does for an index; Mean, the zero value, by their number.
func ExampleCriterion_classWeights() {
	logits := tensor.New(tensor.WithShape(3, 5), tensor.WithBacking([]float64{
		6, 1, 3, 1, 2,
		5, 8, 1, 1, 2,
		1, 3, 4, 2, 0,
	}))
	index := tensor.New(tensor.WithShape(3), tensor.WithBacking([]int{0, 1, 3}))
	for _, reduction := range []losses.Reduction{losses.Mean, losses.WeightedMean} {
		c := losses.Criterion{ClassWeights: []float64{1, 2, 3, 4, 5}, Reduction: reduction}
		loss, err := c.Eval(logits, index)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: %.6f\n", reduction, loss.Data())
	}
	// Output:
	// mean: 3.330478
	// weighted_mean: 1.427348
}
