package record

import "math"

// Repeat is a run made several times with different seeds.
type Repeat struct {
	Data     Data      `json:"data"`
	Config   Config    `json:"config"` // of the first run
	Wanted   int       `json:"wanted"` // runs; an interruption leaves fewer
	Seeds    []uint64  `json:"seeds"`
	Folders  []string  `json:"folders"`
	Measures []Measure `json:"measures"`
}

// Measure is a number of every run, with mean and standard deviation (of n-1).
type Measure struct {
	Name      string  `json:"name"` // as in the summary of a run
	Title     string  `json:"-"`
	Share     bool    `json:"-"` // of 1, said in percent
	Values    []Float `json:"values"`
	Mean      Float   `json:"mean"`
	Deviation Float   `json:"deviation"`
}

// Add adds a run.
func (r *Repeat) Add(s *Run) {
	if len(r.Seeds) == 0 {
		r.Data, r.Config = s.Data, s.Config
		r.Measures = []Measure{
			{Name: "test_loss", Title: "loss"}, {Name: "test_accuracy", Title: "accuracy", Share: true},
			{Name: "ece", Title: "calibration error", Share: true}, {Name: "macro_f1", Title: "mean F1", Share: true},
			{Name: "nll", Title: "NLL (nats)"}, {Name: "brier", Title: "Brier"},
		}
	}
	r.Seeds = append(r.Seeds, s.Config.Seed)
	v := s.Test.Verdict
	for i, x := range []Float{s.TestLoss, s.TestAccuracy, s.ECE, v.Macro.F1, v.NLL, v.Brier} {
		m := &r.Measures[i]
		m.Values = append(m.Values, x)
		var xs []float64
		for _, x := range m.Values {
			xs = append(xs, float64(x))
		}
		mean, deviation := MeanAndDeviation(xs)
		m.Mean, m.Deviation = Float(mean), Float(deviation)
	}
}

// MeanAndDeviation returns those of one or more numbers; the deviation of one is 0.
func MeanAndDeviation(xs []float64) (mean, deviation float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	if len(xs) == 1 {
		return mean, 0
	}
	for _, x := range xs {
		deviation += (x - mean) * (x - mean) / float64(len(xs)-1)
	}
	return mean, math.Sqrt(deviation)
}
