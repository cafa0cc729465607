package metric_test

import (
	"fmt"

	"gorgonia.org/tensor"

	"softloss/train/metric"
)

func ExampleECE() {
	probs := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{0.9, 0.1, 0.9, 0.1}))
	labels := tensor.New(tensor.WithShape(2, 2), tensor.WithBacking([]float64{1, 0, 0, 1}))
	ece, err := metric.ECE(probs, labels, nil, 15)
	fmt.Printf("%.2f %v\n", ece, err) // 90 % sure, right half of the time
	// Output: 0.40 <nil>
}

func ExampleReport() {
	logits := tensor.New(tensor.WithShape(5, 2), tensor.WithBacking([]float32{3, 0, 2, 1, 1, 0, 0, 4, 5, 1}))
	index := tensor.New(tensor.WithShape(5), tensor.WithBacking([]int{0, 0, 0, 1, 1}))
	report, err := metric.Report(logits, index, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for class, c := range report.Classes {
		fmt.Printf("class %d: precision %.2f, recall %.2f, F1 %.2f, %v rows\n", class, c.Precision, c.Recall, c.F1, c.Support)
	}
	fmt.Printf("accuracy %.2f, always the same class %.2f\n", report.Accuracy, report.Majority)
	// Output:
	// class 0: precision 0.75, recall 1.00, F1 0.86, 3 rows
	// class 1: precision 1.00, recall 0.50, F1 0.67, 2 rows
	// accuracy 0.80, always the same class 0.60
}
