package metric

import (
	"slices"

	"gorgonia.org/tensor"
)

// Classification is what [Report] says of predictions.
type Classification struct {
	Classes []ClassScore // K
	// mean over the classes that occur, in the target or among the predictions; Support is that of
	// all
	Macro    ClassScore
	Weighted ClassScore // mean over the classes by their support; the same Support
	Accuracy float64    // share of the rows whose class is predicted, see [Accuracy]
	Majority float64    // accuracy of always predicting the most frequent class: what a model must beat
}

// ClassScore is how well one class is found, or a mean over classes.
//
//	Precision = right / predicted      share of the rows predicted to be of the class that are
//	Recall    = right / Support        share of the rows of the class that are predicted to be
//	F1        = 2 right / (predicted + Support), their harmonic mean
//
// A share of nothing is 0.
type ClassScore struct {
	Precision, Recall, F1 float64
	Support               float64 // weight of the rows of the class, without weights their number
}

// Report returns precision, recall and F1 of every class and their means, from the table of
// [Confusion].
//
// Scores, target, weights and errors: those of [Accuracy].
func Report(scores, target tensor.Tensor, weights []float64) (*Classification, error) {
	table, err := Confusion(scores, target, weights)
	if err != nil {
		return nil, err
	}
	hit, predicted, support := make([]float64, len(table)), make([]float64, len(table)), make([]float64, len(table))
	right := 0.0
	for i, row := range table {
		hit[i] = row[i]
		for j, w := range row {
			support[i] += w
			predicted[j] += w
		}
		right += hit[i]
	}
	out := scoresOf(hit, predicted, support)
	out.Accuracy, out.Majority = share(right, out.Macro.Support), share(slices.Max(support), out.Macro.Support)
	return &out, nil
}

// scoresOf returns the scores of classes and their means, from the weights of the rows of each that
// are predicted rightly to be of it, that are predicted to be, and that are.
func scoresOf(hit, predicted, support []float64) (out Classification) {
	var all, occurring float64
	for j := range hit {
		c := scoreOf(hit[j], predicted[j], support[j])
		out.Classes = append(out.Classes, c)
		if all += support[j]; predicted[j]+support[j] > 0 {
			occurring++
			out.Macro.add(c, 1)
		}
		out.Weighted.add(c, support[j])
	}
	out.Macro.divide(occurring)
	out.Weighted.divide(all)
	out.Macro.Support, out.Weighted.Support = all, all
	return out
}

// scoreOf is the score of one class.
func scoreOf(hit, predicted, support float64) ClassScore {
	return ClassScore{Precision: share(hit, predicted), Recall: share(hit, support), F1: share(2*hit, predicted+support),
		Support: support}
}

// share is a/b, and 0 of nothing.
func share(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// add adds w times the shares of c.
func (s *ClassScore) add(c ClassScore, w float64) {
	s.Precision += w * c.Precision
	s.Recall += w * c.Recall
	s.F1 += w * c.F1
}

// divide divides the shares.
func (s *ClassScore) divide(by float64) {
	s.Precision, s.Recall, s.F1 = share(s.Precision, by), share(s.Recall, by), share(s.F1, by)
}
