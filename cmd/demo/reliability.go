package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gorgonia.org/tensor"

	"softloss/train"
)

// reliability draws how often the model is right when it is so sure; in a second row, as it is calibrated.
func reliability(s *summary) figure {
	title, c := "Reliability on the test rows", s.Calibration
	if c == nil || len(c.Reliability) == 0 {
		return figure{panels: [][]panel{reliabilityPanels(title, "How sure the model is", s.ECE, s.Test.Reliability)},
			width: wide, height: 4.4 * vg.Inch}
	}
	after := fmt.Sprintf("calibrated, T = %.3g", float64(c.Temperature))
	return figure{panels: [][]panel{
		reliabilityPanels(title, "How sure the model is", c.ECEBefore, s.Test.Reliability),
		reliabilityPanels("Reliability, "+after, "How sure it is, "+after, c.ECEAfter, c.Reliability),
	}, width: wide, height: 8.8 * vg.Inch}
}

const (
	rowsOfBin    = 10    // from which on the accuracy of a bin is more than chance
	accuracyStub = 0.012 // height of the bar of a bin with no row right, which has rows all the same
)

// reliabilityPanels are the two panels of one set of bins.
func reliabilityPanels(title, sureTitle string, ece float, bins []binSummary) []panel {
	bars := series{name: "accuracy", bar: true, width: 0.9 / reliabilityBins, stub: accuracyStub}
	few := bars
	few.name, few.pale = bars.name+fmt.Sprintf(" of fewer than %d rows", rowsOfBin), true
	rows := series{name: "rows", bar: true, width: 0.9 / reliabilityBins}
	total := 0
	for _, b := range bins {
		total += b.Count
	}
	for _, b := range bins {
		if b.Count > 0 {
			mid := (b.Low + b.High) / 2
			s := &bars
			if b.Count < rowsOfBin {
				s = &few
			}
			s.xs, s.ys = append(s.xs, mid), append(s.ys, b.Accuracy)
			rows.xs, rows.ys = append(rows.xs, mid), append(rows.ys, 100*float64(b.Count)/float64(total))
		}
	}
	ideal := series{name: "perfectly calibrated", xs: []float64{0, 1}, ys: []float64{0, 1}, faint: true}
	zero := new(float64)
	return []panel{
		{title: title + ", ECE " + percent(ece), xLabel: "Confidence: the largest probability", yLabel: "Accuracy",
			xUnit: true, xStep: 0.2, yMin: zero, yMax: 1, series: []series{bars, few, ideal}},
		{title: sureTitle, xLabel: "Confidence: the largest probability", yLabel: "Test rows (%)",
			xUnit: true, xStep: 0.2, yMin: zero, yMax: 100, series: []series{rows}},
	}
}

// weightedBins are the bars of a reliability diagram. With weights, see [train.RowWeights], accuracy and confidence of a
// bin are means by weight, as those that the calibration error is made of; nil weighs 1 each.
func weightedBins(probs, labels *tensor.Dense, weights []float64) ([]binSummary, error) {
	bins, err := train.Reliability(probs, labels, reliabilityBins)
	if err != nil {
		return nil, err
	}
	out := make([]binSummary, len(bins))
	for i, b := range bins {
		out[i] = binSummary{b.Low, b.High, b.Count, b.Confidence, b.Accuracy}
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
		at := int(math.Ceil(float64(sure)*reliabilityBins)) - 1
		at = min(max(at, 0), reliabilityBins-1)
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
