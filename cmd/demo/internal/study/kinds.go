package study

import (
	"fmt"
	"strings"

	"softloss/cmd/demo/internal/input"
	"softloss/cmd/demo/internal/record"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
	"softloss/train/metric"
)

// kind is what a study asks: what it trains on, how it judges, and what holds where no flag says
// so.
type kind struct {
	name    string // of -study
	file    string // names its files
	measure string // of package record
	rate    string // what its levels are
	level   string // how the progress names one, "" for a single one

	defaults record.StudyConfig

	// criterion reads one of the losses, for classes with these numbers of rows.
	criterion func(text string, counts []float64) (losses.Criterion, error)
	// change makes of the rows of a training set what a job learns from.
	change func(set *dataset.Dataset, j record.Job) (*dataset.Dataset, error)
	// judge is the measure of a model.
	judge func(m *train.Model, c losses.Criterion, test *dataset.Dataset) (float64, error)
	// lower says that less is better.
	lower bool
}

// kinds are all studies.
var kinds = []kind{
	{
		name: "noise", file: record.NoiseStudyName, measure: record.MeasureAccuracy,
		rate: "noise rate", level: "noise %-4g",
		defaults: record.StudyConfig{
			Losses: []string{"ce", "ce@0.1", "gce:q=0.7", "mae"}, Levels: []float64{0, 0.2, 0.4, 0.6},
			Seeds: 3, Epochs: 100, LearnRate: input.DefaultLearnRate, Hidden: []int{256},
		},
		criterion: func(text string, _ []float64) (losses.Criterion, error) { return input.Variant(text) },
		change:    replaceLabels, judge: accuracy,
	},
	{
		name: "tail", file: record.TailStudyName, measure: record.MeasureBalanced,
		rate: "imbalance", level: "1 : %-4g",
		defaults: record.StudyConfig{
			Losses: []string{"ce", "ce@weights", "ce@effective", "ce@adjusted", "ce@ldam", "focal"},
			Levels: []float64{1, 10, 25, 50},
			Seeds:  10, Epochs: 100, LearnRate: input.DefaultLearnRate, Hidden: []int{256},
		},
		criterion: tailCriterion, change: thinOut, judge: balancedAccuracy,
	},
	{
		name: "answers", file: record.AnswersStudyName, measure: record.MeasureKL, lower: true,
		defaults: record.StudyConfig{
			Losses: []string{"soft", "majority", "majority@0.1", "constant"}, Levels: []float64{0},
			Seeds: 20, Epochs: input.AnswersEpochs, LearnRate: input.AnswersLearnRate, Hidden: []int{},
		},
		criterion: answersCriterion, change: takeMajority, judge: divergence,
	},
}

// score is a result as the progress shows it.
func (k *kind) score(x float64) string {
	if k.lower {
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

// better reports whether a result is better than another, as every number is than NaN.
func (k *kind) better(x, than float64) bool {
	switch {
	case than != than:
		return x == x
	case k.lower:
		return x < than
	}
	return x > than
}

// replaceLabels replaces a part of the labels by wrong ones.
func replaceLabels(set *dataset.Dataset, j record.Job) (*dataset.Dataset, error) {
	set, _, err := dataset.FlipLabels(set, j.Level, j.Seed)
	return set, err
}

// accuracy is the share of the rows that are predicted right.
func accuracy(m *train.Model, c losses.Criterion, test *dataset.Dataset) (float64, error) {
	got, err := m.Evaluate(test, c)
	return got.Accuracy, err
}

// thinOut leaves rows out until the classes are of uneven frequency.
func thinOut(set *dataset.Dataset, j record.Job) (*dataset.Dataset, error) {
	set, _, err := dataset.LongTail(set, j.Level, j.Seed)
	return set, err
}

// What the papers use.
const (
	effectiveBeta = 0.99 // of a hundred rows; the paper's 0.999 is of a thousand
	ldamMargin    = 0.5
	ldamScale     = 30
)

// tailCriterion reads a loss of the study about rare classes: what -loss accepts and, behind @,
// what is done about the numbers of rows of the classes.
func tailCriterion(text string, counts []float64) (c losses.Criterion, err error) {
	name, remedy, some := strings.Cut(text, "@")
	if c.Loss, err = input.ClassLoss(name); err != nil {
		return c, err
	}
	if !some {
		return c, nil
	}
	switch remedy {
	case "weights": // inverse to the counts, which is where those of effective numbers tend to
		c.ClassWeights, err = losses.EffectiveNumberWeights(counts, 1-1e-9)
	case "effective":
		c.ClassWeights, err = losses.EffectiveNumberWeights(counts, effectiveBeta)
	case "adjusted":
		c.LogitShift, err = losses.LogitAdjustment(counts, 1)
	case "ldam":
		c.Temperature = 1. / ldamScale
		c.Margins, err = losses.LDAMMargins(counts, ldamMargin)
	default:
		err = fmt.Errorf("%q: behind @ want weights, effective, adjusted or ldam, for example ce@weights", text)
	}
	return c, err
}

// balancedAccuracy is the mean recall of the classes.
func balancedAccuracy(m *train.Model, _ losses.Criterion, test *dataset.Dataset) (float64, error) {
	logits, err := m.Logits(test.Features)
	if err != nil {
		return 0, err
	}
	report, err := metric.Report(logits, test.Labels, test.Counts)
	if err != nil {
		return 0, err
	}
	return report.Macro.Recall, nil
}
