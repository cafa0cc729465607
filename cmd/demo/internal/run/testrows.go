package run

import (
	"cmp"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/dense"
	"softloss/losses"
	"softloss/train"
	"softloss/train/metric"
)

// weightedBins are the bars of a reliability diagram, of rows with these weights, nil for 1 each.
func weightedBins(link losses.Link, probs, labels *tensor.Dense, weights []float64) ([]record.Bin, error) {
	p, t, w := metric.AsClasses(link, probs, labels, weights)
	bins, err := metric.Reliability(p, t, w, record.ReliabilityBins)
	if err != nil {
		return nil, err
	}
	out := make([]record.Bin, len(bins))
	for i, b := range bins {
		out[i] = record.Bin{Low: b.Low, High: b.High, Count: b.Count, Confidence: b.Confidence, Accuracy: b.Accuracy}
	}
	return out, nil
}

// Of the pictures.
const (
	mistakesKept = 12
	largestImage = 64 * 64 // pixels that are drawn
)

// describeTest says how the model does on the test rows: the bins as it was trained, all else as it
// is saved, which says so of rows. Calibration, if there was one, changes no predicted class.
func (s *session) describeTest(saved *train.Model, rows record.Rows) (*record.Test, error) {
	test := s.test
	probs, err := s.model.Predict(test.Features)
	if err != nil {
		return nil, err
	}
	out := &record.Test{ClassNames: test.ClassNames, Mistakes: []record.Mistake{}}
	if out.Reliability, err = weightedBins(s.criterion.Link, probs, test.Labels, train.RowWeights(test)); err != nil {
		return nil, err
	}
	judged := &train.Saved{Model: saved, Thresholds: s.thresholds, ClassNames: test.ClassNames}
	if out.Verdict, err = record.Judge(judged, rows.Probs, rows.Labels, rows.Weights); err != nil {
		return nil, err
	}
	if !s.HasQuestions() {
		s.describeClasses(out, rows.Probs, judged.Class)
	}
	return out, nil
}

// describeClasses says which classes are taken for which, and shows the mistakes; class is the one
// that a row of probabilities stands for.
func (s *session) describeClasses(out *record.Test, probs *tensor.Dense, class func([]float32) int) {
	test, raw := s.test, s.rawTest
	k, d := test.NumClasses(), test.NumFeatures()
	for range k {
		out.Confusion = append(out.Confusion, make([]int, k))
	}
	if rows, columns := test.ImageSize(); rows*columns <= largestImage {
		out.ImageRows, out.ImageColumns = rows, columns
	}
	shown := dense.Rows(raw, 1, new([]float32))
	ink := newInk(shown)
	for i, y := range test.Index() {
		row := probs.Float32s()[i*k : (i+1)*k]
		top := class(row)
		out.Confusion[y][top]++
		if top == y {
			continue
		}
		m := record.Mistake{Row: test.Row(i), True: y, Predicted: top, Probabilities: slices.Clone(row)}
		if out.ImageRows > 0 {
			m.Pixels = ink.pixels(shown[i*d : (i+1)*d])
		}
		out.Mistakes = append(out.Mistakes, m)
	}
	slices.SortStableFunc(out.Mistakes, func(a, b record.Mistake) int {
		return cmp.Compare(b.Probabilities[b.Predicted], a.Probabilities[a.Predicted])
	})
	out.Mistakes = out.Mistakes[:min(mistakesKept, len(out.Mistakes))]
}

// ink maps features to 0 to 1: as they are where they lie there, as pixels usually do, else from
// the least to the largest.
type ink struct{ low, high float32 }

func newInk(features []float32) ink {
	k := ink{0, 1}
	for _, v := range features {
		if v != v {
			continue
		}
		k.low, k.high = min(k.low, v), max(k.high, v)
	}
	return k
}

func (k ink) pixels(row []float32) []float32 {
	out := slices.Clone(row)
	for i, v := range out {
		if v != v { // missing
			v = k.low
		}
		out[i] = (v - k.low) / (k.high - k.low)
	}
	return out
}
