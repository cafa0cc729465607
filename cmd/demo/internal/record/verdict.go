package record

import (
	"slices"
	"strconv"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train/metric"
)

// Verdict is how good the predictions of the test rows are, beside what always predicting the most
// frequent class gives.
type Verdict struct {
	Classes  []ClassScore `json:"classes"`
	Macro    Score        `json:"macro"`    // mean over the classes that occur
	Weighted Score        `json:"weighted"` // mean over the classes by their support
	Accuracy Float        `json:"accuracy"`
	Majority Float        `json:"majority"` // accuracy of always predicting the most frequent class
	NLL      Float        `json:"nll"`      // negative log likelihood of the labels as they are, in nats
	Brier    Float        `json:"brier"`

	TwoClasses *TwoClasses `json:"two_classes,omitempty"` // nil when there are more
	Questions  *Questions  `json:"questions,omitempty"`   // where each label is a question of its own
}

// Questions is what a [Verdict] on several labels a row has besides. There Classes are the labels,
// Accuracy is the share of the answers that are right, and Majority that of always giving each
// label its most frequent answer.
type Questions struct {
	Micro      Score     `json:"micro"`      // of the answers of all labels put together
	AllRight   Float     `json:"all_right"`  // share of the rows with no wrong answer
	Thresholds []float64 `json:"thresholds"` // from which probability on the answer is yes
}

// ClassScore is how well one class is found.
type ClassScore struct {
	Class string `json:"class"`
	Score
}

// Score is how well a class is found, or a mean over classes.
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

// Thresholds are those of k labels, 1/2 each where they are not given.
func Thresholds(given []float64, k int) []float64 {
	if given == nil {
		return slices.Repeat([]float64{0.5}, k)
	}
	return given
}

// JudgeQuestions gives the verdict on the probabilities of several labels; thresholds are nil for
// 1/2 each.
func JudgeQuestions(probs, labels *tensor.Dense, weights, thresholds []float64, names []string) (*Verdict, error) {
	thresholds = Thresholds(thresholds, labels.Shape()[1])
	report, err := metric.ReportQuestions(probs, labels, weights, thresholds)
	if err != nil {
		return nil, err
	}
	p, t, w := metric.AsClasses(losses.SigmoidLink, probs, labels, weights)
	nll, err := metric.NLL(p, t, w)
	if err != nil {
		return nil, err
	}
	brier, err := metric.Brier(p, t, w)
	if err != nil {
		return nil, err
	}
	v := &Verdict{
		Macro: scoreOf(report.Macro), Weighted: scoreOf(report.Weighted),
		Accuracy: Float(report.Accuracy), Majority: Float(report.Majority), NLL: Float(nll), Brier: Float(brier),
		Questions: &Questions{Micro: scoreOf(report.Micro), AllRight: Float(report.Exact), Thresholds: thresholds},
	}
	for k, c := range report.Labels {
		v.Classes = append(v.Classes, ClassScore{ClassName(names, k), scoreOf(c)})
	}
	return v, nil
}

func scoreOf(s metric.ClassScore) Score {
	return Score{Precision: Float(s.Precision), Recall: Float(s.Recall), F1: Float(s.F1), Support: Float(s.Support)}
}

// ClassName returns the name of a class, its number where there are no names.
func ClassName(names []string, k int) string {
	if k < len(names) {
		return names[k]
	}
	return strconv.Itoa(k)
}
