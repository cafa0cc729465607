package show

import (
	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// StudyFigure draws the last and the best epoch side by side.
func StudyFigure(s *record.Study) figure.Figure {
	if s.Measure == record.MeasureKL {
		return figure.Figure{Panels: [][]figure.Panel{{studyBars(s, false), studyBars(s, true)}}, Width: figure.Wide,
			Height: 4.8 * vg.Inch}
	}
	return figure.Figure{Panels: [][]figure.Panel{{studyLines(s, false), studyLines(s, true)}}, Width: figure.Wide,
		Height: 4.8 * vg.Inch}
}

// studyLines is accuracy against noise, a line for each loss.
func studyLines(s *record.Study, best bool) figure.Panel {
	p := figure.Panel{Title: "Last epoch", XLabel: "Part of the training labels that is wrong",
		YLabel: "Accuracy on clean test rows (%)",
		XTicks: s.Noise, YMax: 100, YSpan: LeastSpan}
	if best {
		p.Title = "Best epoch of each run"
	}
	for _, loss := range s.Losses {
		line := figure.Series{Name: loss}
		for _, n := range s.Noise {
			if c := s.Cell(loss, n); c != nil {
				mean, dev := s.Scores(c, best)
				line.X, line.Y, line.Deviations = append(line.X, n), append(line.Y, mean), append(line.Deviations, dev)
			}
		}
		p.Series = append(p.Series, line)
	}
	return p
}

// studyBars is the divergence of each kind of label, a mark with its deviation.
func studyBars(s *record.Study, best bool) figure.Panel {
	p := figure.Panel{Title: "Last epoch", YLabel: "KL from held-out answers (nats)", YMin: new(float64)}
	if best {
		p.Title = "Best epoch of each run"
	}
	for i, loss := range s.Losses {
		p.Names = append(p.Names, loss)
		if c := s.Cell(loss, 0); c != nil {
			mean, dev := s.Scores(c, best)
			p.Series = append(p.Series, figure.Series{Name: loss, X: []float64{float64(i)}, Y: []float64{mean},
				Deviations: []float64{dev}, Bar: true})
		}
	}
	return p
}
