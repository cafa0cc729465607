package study

import (
	"fmt"
	"math"
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

	losses    []string
	levels    []float64
	seeds     int
	epochs    int
	learnRate float64
	hidden    []int

	// check says what is wrong with one of the losses.
	check func(text string) error
	// prepare returns what a job learns from and sets the criterion.
	prepare func(cfg *train.Config, set *dataset.Dataset, j record.Job) (*dataset.Dataset, error)
	// judge is the measure of a model.
	judge func(m *train.Model, c losses.Criterion, test *dataset.Dataset) (float64, error)
	// lower says that less is better.
	lower bool
}

// kindOf returns the study of a name.
func kindOf(name string) *kind {
	k := &kind{name: name, seeds: 3, epochs: 100, learnRate: input.DefaultLearnRate, hidden: []int{256}}
	switch name {
	case "tail":
		k.file, k.measure, k.rate, k.level = record.TailStudyName, record.MeasureBalanced, "imbalance", "1 : %-4g"
		k.losses = []string{"ce", "ce@weights", "ce@effective", "ce@adjusted", "ce@ldam", "focal"}
		k.levels, k.seeds = []float64{1, 10, 25, 50}, 10
		k.prepare, k.judge = prepareTail, balancedAccuracy
		k.check = func(text string) error {
			_, err := tailCriterion(text, []float64{2, 1})
			return err
		}
	case "answers":
		k.file, k.measure, k.lower = record.AnswersStudyName, record.MeasureKL, true
		k.losses, k.levels = []string{"soft", "majority", "majority@0.1", "constant"}, []float64{0}
		k.seeds, k.epochs, k.learnRate, k.hidden = 20, input.AnswersEpochs, input.AnswersLearnRate, []int{}
		k.prepare, k.judge = prepareAnswers, divergence
		k.check = func(text string) error {
			_, err := parseAnswers(text)
			return err
		}
	default:
		k.file, k.measure = record.NoiseStudyName, record.MeasureAccuracy
		k.rate, k.level = "noise rate", "noise %-4g"
		k.losses, k.levels = []string{"ce", "ce@0.1", "gce:q=0.7", "mae"}, []float64{0, 0.2, 0.4, 0.6}
		k.prepare, k.judge = prepareNoise, accuracy
		k.check = func(text string) error {
			_, err := input.Variant(text)
			return err
		}
	}
	return k
}

// score is a result as the progress shows it.
func (k *kind) score(x float64) string {
	if k.lower {
		return fmt.Sprintf("%.4f", x)
	}
	return fmt.Sprintf("%.1f %%", 100*x)
}

// better reports whether a result is better than another.
func (k *kind) better(x, than float64) bool {
	if k.lower {
		return x < than
	}
	return x > than
}

// worst is what every result is better than.
func (k *kind) worst() float64 {
	if k.lower {
		return math.Inf(1)
	}
	return math.Inf(-1)
}

// prepareNoise replaces a part of the labels by wrong ones.
func prepareNoise(cfg *train.Config, set *dataset.Dataset, j record.Job) (*dataset.Dataset, error) {
	var err error
	if cfg.Criterion, err = input.Variant(j.Loss); err != nil {
		return nil, err
	}
	set, _, err = dataset.FlipLabels(set, j.Level, j.Seed)
	return set, err
}

func accuracy(m *train.Model, c losses.Criterion, test *dataset.Dataset) (float64, error) {
	got, err := m.Evaluate(test, c)
	return got.Accuracy, err
}

// prepareTail leaves rows out until the classes are of uneven frequency.
func prepareTail(cfg *train.Config, set *dataset.Dataset, j record.Job) (*dataset.Dataset, error) {
	set, rows, err := dataset.LongTail(set, j.Level, j.Seed)
	if err != nil {
		return nil, err
	}
	counts := make([]float64, len(rows))
	for i, n := range rows {
		counts[i] = float64(n)
	}
	cfg.Criterion, err = tailCriterion(j.Loss, counts)
	return set, err
}

// What the papers use.
const (
	effectiveBeta = 0.99 // of a hundred rows; the paper's 0.999 is of a thousand
	ldamMargin    = 0.5
	ldamScale     = 30
)

// tailCriterion reads a loss of the study about rare classes: what -loss accepts and, behind @, what
// is done about the numbers of rows of the classes.
func tailCriterion(text string, counts []float64) (c losses.Criterion, err error) {
	name, remedy, _ := strings.Cut(text, "@")
	if c.Loss, err = input.ClassLoss(name); err != nil {
		return c, err
	}
	switch remedy {
	case "":
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
