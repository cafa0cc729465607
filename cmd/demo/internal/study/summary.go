package study

import (
	"io"

	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/durable"
)

// summary returns the finished runs, in an order that does not depend on when they finished.
func (o *Options) summary(done map[record.Job]record.Result) *record.Study {
	s := &record.Study{Data: o.Data, Measure: o.kind.measure, StudyConfig: o.StudyConfig, Cells: []record.Cell{},
		Results: []record.Result{}}
	s.Runs = len(o.allJobs())
	for _, loss := range o.Losses {
		for _, level := range o.Levels {
			var last, best []float64
			for seed := range o.Seeds {
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

// saveStudy prints the tables and writes the files.
func saveStudy(s *record.Study, o *Options, text, stdout io.Writer) error {
	show.PrintStudy(s, text)
	content, err := record.JSON(s)
	if err != nil {
		return err
	}
	files := []string{o.file(".jsonl"), o.file(".json")}
	if err := durable.WriteFile(files[1], content); err != nil {
		return err
	}
	more, err := o.WriteJSON(content, stdout)
	if err != nil {
		return err
	}
	files = append(files, more...)
	if !o.NoPlots && s.Finished > 0 {
		picture, report := o.file(".png"), o.file(".html")
		if err := show.StudyFigure(s).Write(picture); err != nil {
			return err
		}
		if err := show.WriteStudyReport(report, s); err != nil {
			return err
		}
		files = append(files, picture, report)
	}
	show.Files(text, files)
	return nil
}
