package record

import (
	"strconv"

	"gorgonia.org/tensor"

	"softloss/train/metric"
)

// Verdict is how good the predictions of the test rows are, beside what anybody could do.
type Verdict struct {
	Classes  []ClassScore `json:"classes"`
	Macro    Score        `json:"macro"`    // mean over the classes that occur
	Weighted Score        `json:"weighted"` // mean over the classes by their support
	Accuracy Float        `json:"accuracy"`
	Majority Float        `json:"majority"` // accuracy of always predicting the most frequent class
	NLL      Float        `json:"nll"`      // negative log likelihood of the labels as they are, in nats
	Brier    Float        `json:"brier"`

	TwoClasses *TwoClasses `json:"two_classes,omitempty"` // nil when there are more
}

// ClassScore is how well one class is found.
type ClassScore struct {
	Class string `json:"class"`
	Score
}

// Score is that of a class, or a mean over classes.
type Score struct {
	Precision Float `json:"precision"`
	Recall    Float `json:"recall"`
	F1        Float `json:"f1"`
	Support   Float `json:"support"` // rows, or the people they stand for
}

// Judge gives the verdict on probabilities. Names are those of the classes, nil for numbers;
// weights have one number a row, nil for 1 each.
func Judge(probs, labels tensor.Tensor, weights []float64, names []string) (*Verdict, error) {
	report, err := metric.Report(probs, labels, weights)
	if err != nil {
		return nil, err
	}
	nll, err := metric.NLL(probs, labels, weights)
	if err != nil {
		return nil, err
	}
	brier, err := metric.Brier(probs, labels, weights)
	if err != nil {
		return nil, err
	}
	v := &Verdict{
		Macro: scoreOf(report.Macro), Weighted: scoreOf(report.Weighted),
		Accuracy: Float(report.Accuracy), Majority: Float(report.Majority), NLL: Float(nll), Brier: Float(brier),
	}
	for k, c := range report.Classes {
		v.Classes = append(v.Classes, ClassScore{ClassName(names, k), scoreOf(c)})
	}
	if len(v.Classes) == 2 {
		v.TwoClasses, err = judgeTwo(probs, labels, weights, v.Classes)
	}
	return v, err
}

func scoreOf(s metric.ClassScore) Score {
	return Score{Precision: Float(s.Precision), Recall: Float(s.Recall), F1: Float(s.F1), Support: Float(s.Support)}
}

// ClassName is the name of a class, its number where there are no names.
func ClassName(names []string, k int) string {
	if k < len(names) {
		return names[k]
	}
	return strconv.Itoa(k)
}
