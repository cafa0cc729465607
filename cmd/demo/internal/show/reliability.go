package show

import (
	"fmt"

	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// reliability draws how often the model is right when it is so sure; in a second row, as it is
// calibrated.
func reliability(s *record.Run) figure.Figure {
	title, c, of := "Reliability on the test rows", s.Calibration, judged(s)
	if c == nil || len(c.Reliability) == 0 {
		return figure.Figure{Panels: [][]figure.Panel{reliabilityPanels(title, "How sure the model is", of, s.ECE,
			s.Test.Reliability)},
			Width: figure.Wide, Height: 4.4 * vg.Inch}
	}
	after := fmt.Sprintf("calibrated, T = %.3g", float64(c.Temperature))
	return figure.Figure{Panels: [][]figure.Panel{
		reliabilityPanels(title, "How sure the model is", of, c.ECEBefore, s.Test.Reliability),
		reliabilityPanels("Reliability, "+after, "How sure it is, "+after, of, c.ECEAfter, c.Reliability),
	}, Width: figure.Wide, Height: 8.8 * vg.Inch}
}

// judged is what accuracy and calibration are over.
func judged(s *record.Run) string {
	if s.Config.HasQuestions() {
		return "answers"
	}
	return "rows"
}

const (
	rowsOfBin    = 10    // from which on the accuracy of a bin is more than chance
	accuracyStub = 0.012 // height of the bar of a bin with no row right, which has rows all the same
)

// reliabilityPanels are the two panels of one set of bins; of is what the bins count.
func reliabilityPanels(title, sureTitle, of string, ece record.Float, bins []record.Bin) []figure.Panel {
	bars := figure.Series{Name: "accuracy", Bar: true, Width: 0.9 / record.ReliabilityBins, Stub: accuracyStub}
	few := bars
	few.Name, few.Pale = bars.Name+fmt.Sprintf(" of fewer than %d %s", rowsOfBin, of), true
	rows := figure.Series{Name: of, Bar: true, Width: 0.9 / record.ReliabilityBins}
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
			s.Add(mid, b.Accuracy)
			rows.Add(mid, 100*float64(b.Count)/float64(total))
		}
	}
	ideal := figure.Series{Name: "perfectly calibrated", X: []float64{0, 1}, Y: []float64{0, 1}, Faint: true}
	zero := new(float64)
	return []figure.Panel{
		{Title: title + ", ECE " + record.Percent(ece), XLabel: "Confidence: the largest probability", YLabel: "Accuracy",
			XUnit: true, XStep: 0.2, YMin: zero, YMax: 1, Series: []figure.Series{bars, few, ideal}},
		{Title: sureTitle, XLabel: "Confidence: the largest probability", YLabel: "Test " + of + " (%)",
			XUnit: true, XStep: 0.2, YMin: zero, YMax: 100, Series: []figure.Series{rows}},
	}
}
