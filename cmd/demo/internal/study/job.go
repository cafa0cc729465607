package study

import (
	"context"
	"fmt"
	"hash/crc32"
	"math"
	"strings"

	"gorgonia.org/tensor"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// allJobs lists the runs in the order of the table, those of one seed before those of the next.
func (o *Options) allJobs() (jobs []record.Job) {
	for seed := range o.seeds {
		for _, noise := range o.noise {
			for _, loss := range o.losses {
				jobs = append(jobs, record.Job{Loss: loss, Noise: noise, Seed: uint64(seed + 1)})
			}
		}
	}
	return jobs
}

// identity says in one line what the runs of a study have in common, the data included.
func (o *Options) identity(set *dataset.Dataset) string {
	sum := crc32.NewIEEE()
	fmt.Fprint(sum, set.Features.Float32s(), set.Labels.Float32s(), set.Counts)
	return fmt.Sprintf("data %s (%d rows, %d features, %d classes, crc %08x), test %g, scaled %v, hidden %v, epochs %d, "+
		"batch %d, learning rate %g",
		o.Data, set.Len(), set.NumFeatures(), set.NumClasses(), sum.Sum32(), o.testFraction, o.scale, o.hidden, o.epochs,
		o.batch, o.learnRate)
}

// do makes one run. It depends on the job alone.
func (o *Options) do(ctx context.Context, set *dataset.Dataset, j record.Job,
	observe train.Observer) (record.Result, error) {
	trainSet, testSet, err := set.Split(o.testFraction, j.Seed)
	if err != nil {
		return record.Result{}, cli.Usagef("-test %g of %s: %s", o.testFraction, cli.Count(set.Len(), "row"),
			cli.Plain(err))
	}
	if o.scale {
		if _, err := input.ScaleSets(trainSet, testSet); err != nil {
			return record.Result{}, err
		}
	}
	cfg := train.Config{Hidden: o.hidden, Epochs: o.epochs, BatchSize: o.batch, LearnRate: o.learnRate, Seed: j.Seed}
	if o.isAnswers() {
		return o.doAnswers(ctx, cfg, trainSet, testSet, j, observe)
	}
	if cfg.Criterion, err = input.Variant(j.Loss); err != nil {
		return record.Result{}, err
	}
	if trainSet, _, err = dataset.FlipLabels(trainSet, j.Noise, j.Seed); err != nil {
		return record.Result{}, err
	}
	_, history, err := train.Fit(ctx, cfg, trainSet, testSet, observe)
	if err != nil {
		return record.Result{}, err
	}
	out := record.Result{Job: j, Best: math.Inf(-1)}
	for _, e := range history {
		if out.Last = e.Valid.Accuracy; out.Last > out.Best {
			out.Best, out.BestEpoch = out.Last, e.Epoch
		}
	}
	return out, nil
}

// doAnswers makes one run of the study about answers: trained on labels changed as j.Loss
// says, tested on the labels as they are.
func (o *Options) doAnswers(ctx context.Context, cfg train.Config, trainSet, testSet *dataset.Dataset, j record.Job,
	observe train.Observer) (record.Result, error) {
	var err error
	if cfg.Criterion, err = parseAnswers(j.Loss); err != nil {
		return record.Result{}, err
	}
	if j.Loss == "constant" {
		return constantAnswers(trainSet, testSet, j)
	}
	if strings.HasPrefix(j.Loss, "majority") {
		labels, err := dataset.Majority(trainSet.Labels)
		if err != nil {
			return record.Result{}, err
		}
		copied := *trainSet
		copied.Labels = labels
		trainSet = &copied
	}
	out := record.Result{Job: j, Best: math.Inf(1)}
	var failed error
	divergence := losses.Criterion{Loss: losses.KL{}}
	_, _, err = train.Fit(ctx, cfg, trainSet, nil, func(p train.Progress) {
		if p.Done != nil && failed == nil {
			var m train.Metrics
			var model *train.Model
			if model, failed = train.NewModel(p.State().Layers); failed == nil {
				m, failed = model.Evaluate(testSet, divergence)
			}
			if out.Last = m.Loss; out.Last < out.Best {
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

// constantAnswers predicts the same for everybody: how all the people of the training rows answered
// together.
func constantAnswers(trainSet, testSet *dataset.Dataset, j record.Job) (record.Result, error) {
	k, weights := trainSet.NumClasses(), train.RowWeights(trainSet)
	sums := make([]float64, k)
	for i, t := range trainSet.Labels.Float32s() {
		w := 1.0
		if weights != nil {
			w = weights[i/k]
		}
		sums[i%k] += w * float64(t)
	}
	bias := make([]float32, k)
	for c, sum := range sums {
		bias[c] = float32(math.Log(max(sum, 1e-9)))
	}
	model, err := train.NewModel([]train.Layer{{
		Weights: tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(trainSet.NumFeatures(), k)),
		Bias:    tensor.New(tensor.WithShape(k), tensor.WithBacking(bias)),
	}})
	if err != nil {
		return record.Result{}, err
	}
	m, err := model.Evaluate(testSet, losses.Criterion{Loss: losses.KL{}})
	return record.Result{Job: j, Last: m.Loss, Best: m.Loss}, err
}
