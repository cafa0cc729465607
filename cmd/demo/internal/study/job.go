package study

import (
	"context"
	"fmt"
	"hash/crc32"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
	"softloss/train"
	"softloss/train/dataset"
)

// allJobs lists the runs in the order of the table, those of one seed before those of the next.
func (o *Options) allJobs() (jobs []record.Job) {
	for seed := range o.Seeds {
		for _, level := range o.Levels {
			for _, loss := range o.Losses {
				jobs = append(jobs, record.Job{Loss: loss, Level: level, Seed: uint64(seed + 1)})
			}
		}
	}
	return jobs
}

// identity says in one line what the runs of a study have in common, the data included.
func (o *Options) identity(set *dataset.Dataset) string {
	sum := crc32.NewIEEE()
	fmt.Fprint(sum, set.Features.Data(), set.Labels.Float32s(), set.Counts)
	text := fmt.Sprintf("data %s (%d rows, %d features, %d classes, crc %08x), test %g, scaled %v, hidden %v, epochs %d, "+
		"batch %d, learning rate %g",
		o.Data, set.Len(), set.NumFeatures(), set.NumClasses(), sum.Sum32(), o.TestFraction, o.scale, o.Hidden, o.Epochs,
		o.Batch, o.LearnRate)
	if o.weights.Text != "" {
		text += ", class weights " + o.weights.Text
	}
	return text
}

// do makes one run. It depends on the job alone.
func (o *Options) do(ctx context.Context, set *dataset.Dataset, j record.Job,
	observe train.Observer) (record.Result, error) {
	out := record.Result{Job: j}
	trainSet, testSet, err := set.Split(o.TestFraction, j.Seed)
	if err != nil {
		return out, cli.Usagef("-test %g of %s: %s", o.TestFraction, phrase.Plural(set.Len(), "row"), cli.Plain(err))
	}
	cfg := train.Config{Hidden: o.Hidden, Epochs: o.Epochs, BatchSize: o.Batch, LearnRate: o.LearnRate, Seed: j.Seed}
	if trainSet, err = o.kind.change(trainSet, j); err != nil {
		return out, err
	}
	counts := make([]float64, trainSet.NumClasses())
	for _, class := range trainSet.Index() {
		counts[class]++
	}
	if cfg.Criterion, err = o.kind.criterion(j.Loss, counts); err != nil {
		return out, err
	}
	if _, err := o.Source.Prepare(o.scale, trainSet, testSet); err != nil {
		return out, err
	}
	if err := o.weights.Apply(&cfg.Criterion, trainSet); err != nil {
		return out, err
	}
	if o.isAnswers() && j.Loss == "constant" {
		out.Last, err = constantAnswers(trainSet, testSet)
		out.Best = out.Last
		return out, err
	}
	var failed error
	_, _, err = train.Fit(ctx, cfg, trainSet, nil, func(p train.Progress) {
		if p.Done != nil && failed == nil {
			var model *train.Model
			if model, failed = train.NewModel(p.State().Layers); failed == nil {
				out.Last, failed = o.kind.judge(model, cfg.Criterion, testSet)
			}
			if out.BestEpoch == 0 || o.kind.better(out.Last, out.Best) {
				out.Best, out.BestEpoch = out.Last, p.Epoch
			}
		}
		observe(p)
	})
	if err == nil {
		err = failed
	}
	return out, err
}
