package record

import (
	"gorgonia.org/tensor"

	"softloss/train/metric"
)

// TwoClasses is how well the rarer of two classes is told from the other by its probability.
type TwoClasses struct {
	Class            string `json:"class"`
	ROCAUC           Float  `json:"roc_auc"` // null when all rows are of one class, as the next
	AveragePrecision Float  `json:"average_precision"`

	// Threshold is the probability from which on the class has the best F1 among the validation rows;
	// null without any. AtThreshold is what it is worth on the test rows.
	Threshold   Float  `json:"threshold"`
	AtThreshold *Score `json:"at_threshold,omitempty"`

	column int
}

// judgeTwo judges probabilities of two classes.
func judgeTwo(probs, labels tensor.Tensor, weights []float64, classes []ClassScore) (*TwoClasses, error) {
	t := &TwoClasses{Threshold: Unknown, column: 1}
	if classes[0].Support < classes[1].Support {
		t.column = 0
	}
	t.Class = classes[t.column].Class
	area, err := metric.ROCAUC(probs, labels, weights)
	if err != nil {
		return nil, err
	}
	precision, err := metric.AveragePrecision(probs, labels, weights)
	if err != nil {
		return nil, err
	}
	t.ROCAUC, t.AveragePrecision = Float(area[t.column]), Float(precision[t.column])
	return t, nil
}

// Rows are the predictions of rows, with one weight each, nil for 1.
type Rows struct {
	Probs, Labels *tensor.Dense
	Weights       []float64
}

// class are the rows as answers to the question whether they are of a class.
func (r Rows) class(k int) (probs, labels tensor.View, err error) {
	if probs, err = r.Probs.Slice(nil, tensor.S(k)); err == nil {
		labels, err = r.Labels.Slice(nil, tensor.S(k))
	}
	return probs, labels, err
}

// Choose finds the threshold on validation rows and says what it is worth on the test rows.
func (t *TwoClasses) Choose(validation, test Rows) error {
	probs, labels, err := validation.class(t.column)
	if err != nil {
		return err
	}
	thresholds, err := metric.Thresholds(probs, labels, validation.Weights)
	if err != nil {
		return err
	}
	if probs, labels, err = test.class(t.column); err != nil {
		return err
	}
	report, err := metric.ReportQuestions(probs, labels, test.Weights, thresholds)
	if err != nil {
		return err
	}
	score := scoreOf(report.Labels[0])
	t.Threshold, t.AtThreshold = Float(thresholds[0]), &score
	return nil
}
