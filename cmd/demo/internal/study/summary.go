package study

import "softloss/cmd/demo/internal/record"

// summary returns the finished runs, in an order that does not depend on when they finished.
func (o *Options) summary(done map[record.Job]record.Result) *record.Study {
	s := &record.Study{
		Data: o.Data, Measure: o.kind.measure, Epochs: o.epochs, Batch: o.batch, LearnRate: o.learnRate,
		Hidden: o.hidden,
		Test:   o.testFraction, Losses: o.losses, Levels: o.levels, Seeds: o.seeds, Cells: []record.Cell{},
		Results: []record.Result{},
	}
	s.Runs = len(o.allJobs())
	for _, loss := range o.losses {
		for _, level := range o.levels {
			var last, best []float64
			for seed := range o.seeds {
				if r, ok := done[record.Job{Loss: loss, Level: level, Seed: uint64(seed + 1)}]; ok {
					last, best = append(last, r.Last), append(best, r.Best)
					s.Results = append(s.Results, r)
				}
			}
			if len(last) == 0 {
				continue
			}
			c := record.Cell{Loss: loss, Level: level, Runs: len(last)}
			c.LastMean, c.LastDev = record.MeanAndDeviation(last)
			c.BestMean, c.BestDev = record.MeanAndDeviation(best)
			s.Cells = append(s.Cells, c)
		}
	}
	s.Finished = len(s.Results)
	return s
}
