package record

import (
	"slices"
	"strconv"

	"gorgonia.org/tensor"

	"softloss/losses"
	"softloss/train"
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

// Judge gives the verdict on probabilities that a saved model predicts, whose Thresholds and
// ClassNames count; weights have one number a row, nil for 1 each.
func Judge(s *train.Saved, probs, labels *tensor.Dense, weights []float64) (*Verdict, error) {
	link := s.Model.Criterion().Link
	p, t, w := metric.AsClasses(link, probs, labels, weights)
	nll, err := metric.NLL(p, t, w)
	if err != nil {
		return nil, err
	}
	brier, err := metric.Brier(p, t, w)
	if err != nil {
		return nil, err
	}
	v := &Verdict{NLL: Float(nll), Brier: Float(brier)}
	judge := v.judgeClasses
	if link == losses.SigmoidLink {
		judge = v.judgeQuestions
	}
	return v, judge(s, Rows{Probs: probs, Labels: labels, Weights: weights})
}

// judgeClasses gives the verdict on rows of one class each.
func (v *Verdict) judgeClasses(s *train.Saved, r Rows) error {
	k := r.Probs.Shape()[1]
	said := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(r.Probs.Shape()...)) // 1 for the class that is
	for i := range r.Probs.Shape()[0] {
		said.Float32s()[i*k+s.Class(r.Probs.Float32s()[i*k:(i+1)*k])] = 1
	}
	report, err := metric.Report(said, r.Labels, r.Weights)
	if err != nil {
		return err
	}
	v.take(*report, s.ClassNames)
	if k == 2 {
		v.TwoClasses, err = judgeTwo(s, r, v.Classes)
	}
	return err
}

// judgeQuestions gives the verdict on rows of several labels.
func (v *Verdict) judgeQuestions(s *train.Saved, r Rows) error {
	thresholds := Thresholds(s.Thresholds, r.Labels.Shape()[1])
	report, err := metric.ReportQuestions(r.Probs, r.Labels, r.Weights, thresholds)
	if err != nil {
		return err
	}
	v.take(report.Classification, s.ClassNames)
	v.Questions = &Questions{Micro: scoreOf(report.Micro), AllRight: Float(report.Exact), Thresholds: thresholds}
	return nil
}

// Thresholds are those of k labels, 1/2 each where they are not given.
func Thresholds(given []float64, k int) []float64 {
	if given == nil {
		return slices.Repeat([]float64{0.5}, k)
	}
	return given
}

// take takes over what the metrics say of classes of these names.
func (v *Verdict) take(c metric.Classification, names []string) {
	v.Macro, v.Weighted = scoreOf(c.Macro), scoreOf(c.Weighted)
	v.Accuracy, v.Majority = Float(c.Accuracy), Float(c.Majority)
	for k, s := range c.Classes {
		v.Classes = append(v.Classes, ClassScore{ClassName(names, k), scoreOf(s)})
	}
}

// ClassName returns the name of a class, its number where there are no names.
func ClassName(names []string, k int) string {
	if k < len(names) {
		return names[k]
	}
	return strconv.Itoa(k)
}
