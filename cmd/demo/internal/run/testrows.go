package run

import (
	"cmp"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/record"
	"softloss/internal/dense"
	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// weightedBins are the bars of a reliability diagram, of rows with these weights, nil for 1 each.
func weightedBins(probs, labels *tensor.Dense, weights []float64) ([]record.Bin, error) {
	bins, err := metric.Reliability(probs, labels, weights, record.ReliabilityBins)
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

// describeTest says how a model does on the test rows: the bins as it was trained, mistakes as it
// is saved. Calibration, if there was one, changes no predicted class. raw are the features before
// they were scaled.
func describeTest(trained, saved *train.Model, test *dataset.Dataset, raw *tensor.Dense) (*record.Test, error) {
	probs, err := trained.Predict(test.Features)
	if err != nil {
		return nil, err
	}
	out := &record.Test{ClassNames: test.ClassNames, Mistakes: []record.Mistake{}}
	if out.Reliability, err = weightedBins(probs, test.Labels, train.RowWeights(test)); err != nil {
		return nil, err
	}
	if probs, err = saved.Predict(test.Features); err != nil {
		return nil, err
	}
	if out.Verdict, err = record.Judge(probs, test.Labels, test.Counts, test.ClassNames); err != nil {
		return nil, err
	}
	table, err := metric.Confusion(probs, test.Labels, nil)
	if err != nil {
		return nil, err
	}
	for _, row := range table {
		counts := make([]int, len(row))
		for j, n := range row {
			counts[j] = int(n)
		}
		out.Confusion = append(out.Confusion, counts)
	}
	k, d := test.NumClasses(), test.NumFeatures()
	if rows, columns := test.ImageSize(); rows*columns <= largestImage {
		out.ImageRows, out.ImageColumns = rows, columns
	}
	shown := dense.Rows(raw, 1, new([]float32))
	ink := newInk(shown)
	for i, y := range test.Index() {
		row := probs.Float32s()[i*k : (i+1)*k]
		top := dense.Argmax(row)
		if top == y {
			continue
		}
		m := record.Mistake{True: y, Predicted: top, Probabilities: slices.Clone(row)}
		if out.ImageRows > 0 {
			m.Pixels = ink.pixels(shown[i*d : (i+1)*d])
		}
		out.Mistakes = append(out.Mistakes, m)
	}
	slices.SortStableFunc(out.Mistakes, func(a, b record.Mistake) int {
		return cmp.Compare(b.Probabilities[b.Predicted], a.Probabilities[a.Predicted])
	})
	out.Mistakes = out.Mistakes[:min(mistakesKept, len(out.Mistakes))]
	return out, nil
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
