package train

import (
	"math"

	"softloss/internal/phrase"
)

// Schedule says how the learn rate changes from step to step. It is a function of the step alone,
// so that a run that was resumed has the same rates as one that never stopped. The zero value is
// constant.
//
// In step t = 1, 2, … (a mini-batch each) the rate is Config.LearnRate times
//
//	t ≤ W    t/W
//	t > W    1                                      Constant
//	         F + (1-F)(1 + cos(π min(u, 1)))/2      Cosine,   u = (t-1-W)/(S-W)
//
// with W = Warmup, S = Steps, F = Floor. With W = 0 the cosine is eq. (5) of Loshchilov and Hutter
// (SGDR, ICLR 2017, arXiv:1608.03983) without restarts, which starts with the full rate and would
// reach F in step S+1; the warm-up is that of Goyal et al. 2017 (arXiv:1706.02677, section 2.2).
type Schedule struct {
	Curve  Curve
	Warmup int     // steps of the linear warm-up; 0 is none
	Floor  float64 // share of the learn rate, in [0, 1], that the cosine goes down to
	Steps  int     // where the cosine ends; 0 means at the end of the run: Epochs times the batches of an epoch
}

// Curve is the shape of a [Schedule] after its warm-up.
type Curve int

const (
	Constant Curve = iota // the zero value
	Cosine                // half a cosine down to Floor
)

// String returns "constant" or "cosine".
func (c Curve) String() string {
	switch c {
	case Constant:
		return "constant"
	case Cosine:
		return "cosine"
	}
	return "unknown curve"
}

// Factor returns what the learn rate is multiplied by in a step, counted from 1, of a run of that
// many steps.
func (s Schedule) Factor(step, steps int) float64 {
	if step <= s.Warmup {
		return float64(step) / float64(s.Warmup)
	}
	if s.Curve != Cosine {
		return 1
	}
	if s.Steps > 0 {
		steps = s.Steps
	}
	u := 1.0
	if steps > s.Warmup {
		u = min(float64(step-1-s.Warmup)/float64(steps-s.Warmup), 1)
	}
	return s.Floor + (1-s.Floor)*(1+math.Cos(math.Pi*u))/2
}

// validate returns [ErrConfig] when a field is out of range.
func (s Schedule) validate() error {
	switch {
	case s.Curve != Constant && s.Curve != Cosine:
		return wrongField("Schedule", "got curve %d, want %d (constant) or %d (cosine)", int(s.Curve),
			int(Constant), int(Cosine))
	case s.Warmup < 0:
		return wrongField("Schedule", "warm-up: got %s, want at least 0", phrase.Plural(s.Warmup, "step"))
	case s.Steps < 0:
		return wrongField("Schedule", "got %s, want at least 0 (0 means those of the run)", phrase.Plural(s.Steps, "step"))
	case !(s.Floor >= 0 && s.Floor <= 1):
		return wrongField("Schedule", "floor: got %v, want a share from 0 to 1", s.Floor)
	}
	return nil
}
