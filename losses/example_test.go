package losses_test

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/losses"
)

func ExampleSoftLabelCrossEntropyWithLogits() {
	logits := tensor.New(tensor.WithShape(3, 5), tensor.WithBacking([]float32{
		6, 1, 3, 1, 2,
		5, 8, 1, 1, 2,
		1, 3, 4, 2, 0,
	}))
	labels := tensor.New(tensor.WithShape(3, 5), tensor.WithBacking([]float32{
		.9, .1, 0, 0, 0,
		.35, .65, 0, 0, 0,
		0, .1, .2, .7, 0,
	}))
	for _, reduction := range []losses.Reduction{losses.None, losses.Sum, losses.Mean} {
		loss, err := losses.SoftLabelCrossEntropyWithLogits(logits, labels, 0.2, reduction)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%v: %.4f\n", reduction, loss.Data())
	}
	// Output:
	// none: [0.7584 1.7227 2.1519]
	// sum: 4.6330
	// mean: 1.5443
}

func ExampleSmoothSoftLabels() {
	labels := tensor.New(tensor.WithShape(2, 5), tensor.WithBacking([]float64{
		.9, .1, 0, 0, 0,
		0, .1, .2, .7, 0,
	}))
	smooth, err := losses.SmoothSoftLabels(labels, 0.1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", smooth)

	_, err = losses.SmoothSoftLabels(labels, -0.1)
	fmt.Println(err)
	// Output:
	// ⎡0.8700  0.0700  0.0200  0.0200  0.0200⎤
	// ⎣0.0200  0.0867  0.1867  0.6867  0.0200⎦
	//
	// losses: alpha: -0.1 is out of range, want a finite number; alpha must be non-negative
}

func ExampleCriterion_EvalGrad() {
	logits := tensor.New(tensor.WithShape(2, 3), tensor.WithBacking([]float64{
		2, 1, 0,
		0, 0, 3,
	}))
	index := tensor.New(tensor.WithShape(2), tensor.WithBacking([]int{0, 1}))

	var c losses.Criterion // mean cross entropy
	loss, grad, err := c.EvalGrad(logits, index)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.6f\n", loss.Data())
	fmt.Printf("%.4f\n", grad)
	// Output:
	// 1.751264
	// ⎡-0.1674   0.1224   0.0450⎤
	// ⎣ 0.0226  -0.4774   0.4547⎦
}
