package run

import (
	"cmp"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
	"softloss/train/dataset"
)

// weightedBins are the bars of a reliability diagram. With weights, see [train.RowWeights], accuracy and confidence of a
// bin are means by weight, as those that the calibration error is made of; nil weighs 1 each.
func weightedBins(probs, labels *tensor.Dense, weights []float64) ([]record.Bin, error) {
	bins, err := train.Reliability(probs, labels, record.ReliabilityBins)
	if err != nil {
		return nil, err
	}
	out := make([]record.Bin, len(bins))
	for i, b := range bins {
		out[i] = record.Bin{Low: b.Low, High: b.High, Count: b.Count, Confidence: b.Confidence, Accuracy: b.Accuracy}
	}
	if weights == nil {
		return out, nil
	}
	k, sums := probs.Shape()[1], make([]float64, len(out))
	for i := range out {
		out[i].Confidence, out[i].Accuracy = 0, 0
	}
	for i, w := range weights {
		p, t := probs.Float32s()[i*k:(i+1)*k], labels.Float32s()[i*k:(i+1)*k]
		sure, likeliest := slices.Max(p), slices.Max(t)
		at := int(math.Ceil(float64(sure)*record.ReliabilityBins)) - 1
		at = min(max(at, 0), record.ReliabilityBins-1)
		sums[at] += w
		out[at].Confidence += w * float64(sure)
		if slices.Index(p, sure) == slices.Index(t, likeliest) {
			out[at].Accuracy += w
		}
	}
	for i, sum := range sums {
		if sum > 0 {
			out[i].Confidence, out[i].Accuracy = out[i].Confidence/sum, out[i].Accuracy/sum
		}
	}
	return out, nil
}

// Of the pictures.
const (
	mistakesKept = 12
	largestImage = 64 * 64 // pixels that are drawn
)

// describeTest says how a model does on the test rows: the bins as it was trained, mistakes as it is saved, which is
// calibrated perhaps and takes no row for another class. raw are the features before they were scaled.
func describeTest(trained, saved *train.Model, test *dataset.Dataset, raw []float32) (*record.Test, error) {
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
	if out.Confusion, err = train.Confusion(probs, test.Labels); err != nil {
		return nil, err
	}
	k, d := test.NumClasses(), test.NumFeatures()
	if rows, columns := test.ImageSize(); rows*columns <= largestImage {
		out.ImageRows, out.ImageColumns = rows, columns
	}
	ink := newInk(raw)
	for i, y := range test.Index() {
		row := probs.Float32s()[i*k : (i+1)*k]
		top := slices.Index(row, slices.Max(row))
		if top == y {
			continue
		}
		m := record.Mistake{True: y, Predicted: top, Probabilities: slices.Clone(row)}
		if out.ImageRows > 0 {
			m.Pixels = ink.pixels(raw[i*d : (i+1)*d])
		}
		out.Mistakes = append(out.Mistakes, m)
	}
	slices.SortStableFunc(out.Mistakes, func(a, b record.Mistake) int {
		return cmp.Compare(b.Probabilities[b.Predicted], a.Probabilities[a.Predicted])
	})
	out.Mistakes = out.Mistakes[:min(mistakesKept, len(out.Mistakes))]
	return out, nil
}

// ink maps features to 0 to 1: as they are where they lie there, as pixels usually do, else from the least to the largest.
type ink struct{ low, high float32 }

func newInk(features []float32) ink {
	k := ink{0, 1}
	for _, v := range features {
		k.low, k.high = min(k.low, v), max(k.high, v)
	}
	return k
}

func (k ink) pixels(row []float32) []float32 {
	out := slices.Clone(row)
	for i, v := range out {
		out[i] = (v - k.low) / (k.high - k.low)
	}
	return out
}
