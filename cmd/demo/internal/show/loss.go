package show

import (
	"reflect"

	"softloss/losses"
)

// LossInfo is what the demo says about a loss. What -loss accepts is the business of
// losses.ParseLoss.
type LossInfo struct {
	Name   string // as losses.FormatLoss writes it
	Title  string // in the report
	Unit   string // of the loss, "" without one
	Lowest bool   // whether a prediction that equals the label costs the least a prediction can
}

// lossTitles are the names of the losses in sentences.
var lossTitles = map[reflect.Type]string{
	reflect.TypeFor[losses.CrossEntropy]():          "cross entropy",
	reflect.TypeFor[losses.MAE]():                   "mean absolute error",
	reflect.TypeFor[losses.GCE]():                   "generalised cross entropy",
	reflect.TypeFor[losses.Focal]():                 "focal loss",
	reflect.TypeFor[losses.Poly1]():                 "poly-1 loss",
	reflect.TypeFor[losses.NCE]():                   "normalised cross entropy",
	reflect.TypeFor[losses.ReverseCrossEntropy]():   "reverse cross entropy",
	reflect.TypeFor[losses.SymmetricCrossEntropy](): "symmetric cross entropy",
	reflect.TypeFor[losses.KL]():                    "Kullback-Leibler divergence",
	reflect.TypeFor[losses.ConfidencePenalty]():     "cross entropy with confidence penalty",
	reflect.TypeFor[losses.BiTempered]():            "bi-tempered logistic loss",
	reflect.TypeFor[losses.WeightedSum]():           "sum of losses",
}

// DescribeLoss is what is known about a loss.
func DescribeLoss(l losses.Loss) LossInfo {
	if l == nil {
		l = losses.CrossEntropy{}
	}
	var info LossInfo
	info.Name, _ = losses.FormatLoss(l)
	if info.Title = lossTitles[reflect.TypeOf(l)]; info.Title == "" {
		info.Title = info.Name
	}
	switch l.(type) {
	case losses.CrossEntropy, losses.KL:
		info.Unit, info.Lowest = "nats", true
	}
	return info
}
