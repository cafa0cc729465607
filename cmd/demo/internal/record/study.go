package record

import "math"

// The names of the studies' files in the output folder.
const (
	NoiseStudyName   = "compare"
	TailStudyName    = "compare_tail"
	AnswersStudyName = "compare_answers"
)

// Job is one run of a study.
type Job struct {
	Loss  string  `json:"loss"`
	Level float64 `json:"level"` // share of wrong labels; or how many times the rows of the rarest class the first has
	Seed  uint64  `json:"seed"`
}

// Result is what a run came to, in the measure of its study.
type Result struct {
	Job
	Last      float64 `json:"last"` // after the last epoch
	Best      float64 `json:"best"` // in the best epoch of the test
	BestEpoch int     `json:"best_epoch"`
	Seconds   float64 `json:"seconds"`
}

// StudyConfig says how a study is made.
type StudyConfig struct {
	Epochs       int       `json:"epochs"`
	Batch        int       `json:"batch"`
	LearnRate    float64   `json:"learn_rate"`
	Hidden       []int     `json:"hidden"`
	TestFraction float64   `json:"test_fraction"`
	Losses       []string  `json:"losses"`
	Levels       []float64 `json:"levels"`
	Seeds        int       `json:"seeds"`
}

// Study is a study as -json writes it.
type Study struct {
	Data    string `json:"data"`
	Measure string `json:"measure"` // what is asked, see MeasureAccuracy
	StudyConfig
	Runs     int      `json:"runs"`
	Finished int      `json:"finished"`
	Cells    []Cell   `json:"cells"` // in the order of losses, then levels; those without a run are left out
	Results  []Result `json:"results"`
}

// Cell is what the runs of one loss at one level came to: mean and standard deviation (of
// n-1) over the seeds.
type Cell struct {
	Loss     string  `json:"loss"`
	Level    float64 `json:"level"`
	Runs     int     `json:"runs"`
	LastMean float64 `json:"last_mean"`
	LastDev  float64 `json:"last_deviation"`
	BestMean float64 `json:"best_mean"`
	BestDev  float64 `json:"best_deviation"`
}

// The measures of the studies.
const (
	MeasureAccuracy = "accuracy"          // of label noise: accuracy on clean test rows
	MeasureBalanced = "balanced_accuracy" // of long tails: mean recall of the classes
	MeasureKL       = "kl"                // of answers: Kullback-Leibler divergence in nats
)

// Cell returns a cell, nil for one without runs.
func (s *Study) Cell(loss string, level float64) *Cell {
	for i, c := range s.Cells {
		if c.Loss == loss && c.Level == level {
			return &s.Cells[i]
		}
	}
	return nil
}

// Scores returns mean and deviation of the last or the best epoch as they are drawn; the deviation
// of one run is NaN.
func (s *Study) Scores(c *Cell, best bool) (mean, deviation float64) {
	mean, deviation = c.LastMean, c.LastDev
	if best {
		mean, deviation = c.BestMean, c.BestDev
	}
	if s.Measure != MeasureKL {
		mean, deviation = 100*mean, 100*deviation
	}
	if c.Runs < 2 {
		deviation = math.NaN()
	}
	return mean, deviation
}
