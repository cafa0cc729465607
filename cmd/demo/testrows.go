package main

import (
	"cmp"
	"slices"
	"strconv"

	"softloss/train"
	"softloss/train/dataset"
)

// testSummary is what the pictures show of the test rows.
type testSummary struct {
	ClassNames  []string     `json:"class_names"`
	Reliability []binSummary `json:"reliability"`
	Confusion   [][]int      `json:"confusion"` // [true][predicted]
	Mistakes    []mistake    `json:"mistakes"`  // those that the model is surest of, at most mistakesKept

	ImageRows    int `json:"image_rows,omitempty"` // of the pixels of a mistake
	ImageColumns int `json:"image_columns,omitempty"`
}

// binSummary is a bar of the reliability diagram.
type binSummary struct {
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Count      int     `json:"count"`
	Confidence float64 `json:"confidence"`
	Accuracy   float64 `json:"accuracy"`
}

// mistake is a test row that is predicted wrong.
type mistake struct {
	True          int       `json:"true"`
	Predicted     int       `json:"predicted"`
	Probabilities []float32 `json:"probabilities"`
	Pixels        []float32 `json:"pixels,omitempty"` // of an image, row by row, 0 white to 1 black
}

// Of the pictures.
const (
	reliabilityBins = 15
	mistakesKept    = 12
	largestImage    = 64 * 64 // pixels that are drawn
)

// describeTest says how a model does on the test rows: the bins as it was trained, mistakes as it is saved, which is
// calibrated perhaps and takes no row for another class. raw are the features before they were scaled.
func describeTest(trained, saved *train.Model, test *dataset.Dataset, raw []float32) (*testSummary, error) {
	probs, err := trained.Predict(test.Features)
	if err != nil {
		return nil, err
	}
	out := &testSummary{ClassNames: test.ClassNames, Mistakes: []mistake{}}
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
		m := mistake{True: y, Predicted: top, Probabilities: slices.Clone(row)}
		if out.ImageRows > 0 {
			m.Pixels = ink.pixels(raw[i*d : (i+1)*d])
		}
		out.Mistakes = append(out.Mistakes, m)
	}
	slices.SortStableFunc(out.Mistakes, func(a, b mistake) int { return cmp.Compare(b.Probabilities[b.Predicted], a.Probabilities[a.Predicted]) })
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

// className is how a class is written in a picture.
func (t *testSummary) className(k int) string {
	if k < len(t.ClassNames) {
		return t.ClassNames[k]
	}
	return strconv.Itoa(k)
}
