package record

import (
	"math"

	"gorgonia.org/tensor"

	"softloss/train"
	"softloss/train/metric"
)

// TwoClasses is how well the rarer of two classes is told from the other by its probability.
type TwoClasses struct {
	Class            string `json:"class"`
	ROCAUC           Float  `json:"roc_auc"` // null when all rows are of one class, as the next
	AveragePrecision Float  `json:"average_precision"`

	// Threshold is the probability from which on the class is said: that of the model where Used says
	// so, else the one of the best F1 among the validation rows, null without any, and AtThreshold
	// what that would be worth on the test rows.
	Threshold   Float  `json:"threshold"`
	Used        bool   `json:"used"`
	AtThreshold *Score `json:"at_threshold,omitempty"`

	column int
}

// judgeTwo judges probabilities of two classes: of the one that the model has a threshold of, or
// else of the rarer one.
func judgeTwo(s *train.Saved, r Rows, classes []ClassScore) (*TwoClasses, error) {
	t := &TwoClasses{Threshold: Unknown, Used: s.Thresholds != nil, column: 1}
	if t.Used && s.Thresholds[0] > 0 || !t.Used && classes[0].Support < classes[1].Support {
		t.column = 0
	}
	if t.Used {
		t.Threshold = Float(s.Thresholds[t.column])
	}
	t.Class = classes[t.column].Class
	area, err := metric.ROCAUC(r.Probs, r.Labels, r.Weights)
	if err != nil {
		return nil, err
	}
	precision, err := metric.AveragePrecision(r.Probs, r.Labels, r.Weights)
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

// Thresholds are those of a [train.Saved] of two classes with which the rarer one of these rows is
// found with the best F1.
func (r Rows) Thresholds() ([]float64, error) {
	report, err := metric.Report(r.Labels, r.Labels, r.Weights)
	if err != nil {
		return nil, err
	}
	rarer := 1
	if report.Classes[0].Support < report.Classes[1].Support {
		rarer = 0
	}
	out := make([]float64, 2)
	out[rarer], err = r.threshold(rarer)
	return out, err
}

// threshold is the probability from which on class k has the best F1, above 0.
func (r Rows) threshold(k int) (float64, error) {
	best, err := metric.Thresholds(r.Probs, r.Labels, r.Weights)
	if err != nil {
		return 0, err
	}
	return max(best[k], math.SmallestNonzeroFloat32), nil
}

// Choose finds, for a model without, the threshold on validation rows and says what it would be
// worth on the test rows.
func (t *TwoClasses) Choose(validation, test Rows) error {
	if t.Used {
		return nil
	}
	threshold, err := validation.threshold(t.column)
	if err != nil {
		return err
	}
	report, err := metric.ReportQuestions(test.Probs, test.Labels, test.Weights, []float64{threshold, threshold})
	if err != nil {
		return err
	}
	score := scoreOf(report.Classes[t.column])
	t.Threshold, t.AtThreshold = Float(threshold), &score
	return nil
}
