package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"softloss/losses"
)

// lossInfo is what the demo says about a loss. What -loss accepts is the business of losses.ParseLoss.
type lossInfo struct {
	name   string // as losses.FormatLoss writes it
	title  string // in the report
	unit   string // of the loss, "" without one
	lowest bool   // whether a prediction that equals the label costs the least a prediction can
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

// describeLoss is what is known about a loss.
func describeLoss(l losses.Loss) lossInfo {
	if l == nil {
		l = losses.CrossEntropy{}
	}
	var info lossInfo
	info.name, _ = losses.FormatLoss(l)
	if info.title = lossTitles[reflect.TypeOf(l)]; info.title == "" {
		info.title = info.name
	}
	switch l.(type) {
	case losses.CrossEntropy, losses.KL:
		info.unit, info.lowest = "nats", true
	}
	return info
}

// parseLoss reads what -loss accepts. The text of its error has no package in front.
func parseLoss(text string) (losses.Loss, error) {
	l, err := losses.ParseLoss(text)
	if err != nil {
		return nil, errors.New(trimPackage(err))
	}
	if sum, ok := l.(losses.WeightedSum); ok && !slices.ContainsFunc(sum, func(t losses.Term) bool { return t.Weight != 0 }) {
		return nil, fmt.Errorf("loss %s: every weight is 0, want one above 0: there is nothing to learn", text)
	}
	return l, nil
}

// parseVariant reads a loss of a study: what -loss accepts and, behind @, the strength of label smoothing: ce@0.1.
func parseVariant(text string) (losses.Criterion, error) {
	name, strength, smooth := strings.Cut(text, "@")
	loss, err := parseLoss(name)
	if err != nil {
		return losses.Criterion{}, err
	}
	c := losses.Criterion{Loss: loss}
	if smooth {
		alpha, err := strconv.ParseFloat(strength, 64)
		if err != nil || !(alpha >= 0 && alpha <= 1) {
			return c, errors.New(strconv.Quote(text) + ": behind @ want a number from 0 to 1, the strength of smoothing, such as ce@0.1")
		}
		c.Smoothing = losses.Smoothing{Rule: losses.SmoothUniform, Alpha: alpha}
	}
	return c, nil
}

// lossHelp is the text of -loss in -h.
func lossHelp() string {
	return "one of " + strings.Join(losses.LossNames(), ", ") +
		"; parameters that are left out are as shown; a sum such as 10*nce+mae is a loss too"
}
