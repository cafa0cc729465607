package show

import (
	"slices"

	"gonum.org/v1/plot/vg"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
)

// StudyFigure draws the last and the best epoch side by side.
func StudyFigure(s *record.Study) figure.Figure {
	panel := studyLines
	if s.Measure == record.MeasureKL {
		panel = studyBars
	}
	last, best := panel(s, false), panel(s, true)
	last.Title, best.Title = "Last epoch", "Best epoch of each run"
	return figure.Figure{Panels: [][]figure.Panel{{last, best}}, Width: figure.Wide, Height: 4.8 * vg.Inch}
}

// besideLine is how far lines stand beside each other, as a part of the axis, so that the bars of
// their deviations can be told apart.
const besideLine = 0.007

// studyLines is accuracy against the level, a line for each loss.
func studyLines(s *record.Study, best bool) figure.Panel {
	words := wordsOf(s)
	p := figure.Panel{XLabel: words.xLabel, YLabel: words.yLabel, XTicks: s.Levels, YMax: 100, YSpan: leastSpan}
	span := slices.Max(s.Levels) - slices.Min(s.Levels)
	for i, loss := range s.Losses {
		line := figure.Series{Name: loss}
		aside := besideLine * span * (float64(i) - float64(len(s.Losses)-1)/2)
		for _, level := range s.Levels {
			if c := s.Cell(loss, level); c != nil {
				mean, dev := s.Scores(c, best)
				line.Add(level+aside, mean)
				line.Deviations = append(line.Deviations, dev)
			}
		}
		p.Series = append(p.Series, line)
	}
	return p
}

// studyBars is the divergence of each kind of label, a mark with its deviation.
func studyBars(s *record.Study, best bool) figure.Panel {
	p := figure.Panel{YLabel: wordsOf(s).yLabel, YMin: new(float64)}
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
