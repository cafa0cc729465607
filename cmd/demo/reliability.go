package main

import (
	"fmt"

	"gonum.org/v1/plot/vg"
)

// reliability draws how often the model is right when it is so sure; in a second row, as it is calibrated.
func reliability(s *summary) figure {
	title, c := "Reliability on the test rows", s.Calibration
	if c == nil || len(c.Reliability) == 0 {
		return figure{panels: [][]panel{reliabilityPanels(title, "How sure the model is", s.ECE, s.Test.Reliability)},
			width: 2 * narrow, height: 4.4 * vg.Inch}
	}
	after := fmt.Sprintf("calibrated, T = %.3g", float64(c.Temperature))
	return figure{panels: [][]panel{
		reliabilityPanels(title, "How sure the model is", c.ECEBefore, s.Test.Reliability),
		reliabilityPanels("Reliability, "+after, "How sure it is, "+after, c.ECEAfter, c.Reliability),
	}, width: 2 * narrow, height: 8.8 * vg.Inch}
}

// reliabilityPanels are the two panels of one set of bins.
func reliabilityPanels(title, sureTitle string, ece float, bins []binSummary) []panel {
	bars := series{name: "accuracy", bar: true, width: 0.9 / reliabilityBins}
	rows := series{name: "rows", bar: true, width: 0.9 / reliabilityBins}
	total := 0
	for _, b := range bins {
		total += b.Count
	}
	for _, b := range bins {
		if b.Count > 0 {
			mid := (b.Low + b.High) / 2
			bars.xs, bars.ys = append(bars.xs, mid), append(bars.ys, b.Accuracy)
			rows.xs, rows.ys = append(rows.xs, mid), append(rows.ys, 100*float64(b.Count)/float64(total))
		}
	}
	ideal := series{name: "perfectly calibrated", xs: []float64{0, 1}, ys: []float64{0, 1}, faint: true}
	zero := new(float64)
	return []panel{
		{title: title + ", ECE " + percent(ece), xLabel: "Confidence: the largest probability", yLabel: "Accuracy",
			xUnit: true, xStep: 0.2, yMin: zero, yMax: 1, series: []series{bars, ideal}},
		{title: sureTitle, xLabel: "Confidence: the largest probability", yLabel: "Test rows (%)",
			xUnit: true, xStep: 0.2, yMin: zero, yMax: 100, series: []series{rows}},
	}
}
