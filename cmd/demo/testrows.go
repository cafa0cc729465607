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
	Pixels        []float32 `json:"pixels,omitempty"` // of an 8×8 image, 0 white to 1 black, for digits only
}

// Of the pictures.
const (
	reliabilityBins = 15
	mistakesKept    = 12
	imageSide       = 8
)

// describeTest says how the model does on the test rows. raw are their features before they were scaled.
func describeTest(model *train.Model, test *dataset.Dataset, raw []float32, isImage bool) (*testSummary, error) {
	probs, err := model.Predict(test.Features)
	if err != nil {
		return nil, err
	}
	out := &testSummary{ClassNames: test.ClassNames, Mistakes: []mistake{}}
	bins, err := train.Reliability(probs, test.Labels, reliabilityBins)
	if err != nil {
		return nil, err
	}
	for _, b := range bins {
		out.Reliability = append(out.Reliability, binSummary{b.Low, b.High, b.Count, b.Confidence, b.Accuracy})
	}
	if out.Confusion, err = train.Confusion(probs, test.Labels); err != nil {
		return nil, err
	}
	k, d := test.NumClasses(), test.NumFeatures()
	for i, y := range test.Index() {
		row := probs.Float32s()[i*k : (i+1)*k]
		top := slices.Index(row, slices.Max(row))
		if top == y {
			continue
		}
		m := mistake{True: y, Predicted: top, Probabilities: slices.Clone(row)}
		if isImage {
			m.Pixels = slices.Clone(raw[i*d : (i+1)*d])
		}
		out.Mistakes = append(out.Mistakes, m)
	}
	slices.SortStableFunc(out.Mistakes, func(a, b mistake) int { return cmp.Compare(b.Probabilities[b.Predicted], a.Probabilities[a.Predicted]) })
	out.Mistakes = out.Mistakes[:min(mistakesKept, len(out.Mistakes))]
	return out, nil
}

// className is how a class is written in a picture.
func (t *testSummary) className(k int) string {
	if k < len(t.ClassNames) {
		return t.ClassNames[k]
	}
	return strconv.Itoa(k)
}
