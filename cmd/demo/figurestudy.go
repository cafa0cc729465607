package main

import "gonum.org/v1/plot/vg"

// figure draws the last and the best epoch side by side.
func (s *studySummary) figure() figure {
	if s.Measure == measureKL {
		return figure{panels: [][]panel{{s.bars(false), s.bars(true)}}, width: wide, height: 4.8 * vg.Inch}
	}
	return figure{panels: [][]panel{{s.lines(false), s.lines(true)}}, width: wide, height: 4.8 * vg.Inch}
}

// lines is accuracy against noise, a line for each loss.
func (s *studySummary) lines(best bool) panel {
	p := panel{title: "Last epoch", xLabel: "Part of the training labels that is wrong", yLabel: "Accuracy on clean test rows (%)",
		xTicks: s.Noise, yMax: 100, ySpan: leastSpan}
	if best {
		p.title = "Best epoch of each run"
	}
	for _, loss := range s.Losses {
		line := series{name: loss}
		for _, n := range s.Noise {
			if c := s.cell(loss, n); c != nil {
				mean, dev := s.scores(c, best)
				line.xs, line.ys, line.errs = append(line.xs, n), append(line.ys, mean), append(line.errs, dev)
			}
		}
		p.series = append(p.series, line)
	}
	return p
}

// leastSpan is the least that an axis of accuracies in percent spans.
const leastSpan = 1

// bars is the divergence of each kind of label, a mark with its deviation.
func (s *studySummary) bars(best bool) panel {
	p := panel{title: "Last epoch", yLabel: "KL from held-out answers (nats)", yMin: new(float64)}
	if best {
		p.title = "Best epoch of each run"
	}
	for i, loss := range s.Losses {
		p.names = append(p.names, loss)
		if c := s.cell(loss, 0); c != nil {
			mean, dev := s.scores(c, best)
			p.series = append(p.series, series{name: loss, xs: []float64{float64(i)}, ys: []float64{mean}, errs: []float64{dev}, bar: true})
		}
	}
	return p
}
