package train

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"

	"softloss/losses"
	"softloss/train/dataset"
)

// State is a run of [Fit] at the end of an epoch: everything that [Resume] needs to end with the
// same bits as a run that was never interrupted, except the data, the criterion and the teacher.
// The caller gives these again, and Resume recognises them by Criterion, TrainSet, ValidSet and
// Teacher. The order of the rows and mixup depend on Config.Seed, the epoch and the batch alone,
// the learn rate on Step: there is no other state.
//
// It holds plain values only. Losses of History and BestLoss may be infinite or NaN where the
// validation loss is.
type State struct {
	Config    Config // with defaults, BatchSize as used; its Criterion, Teacher and Group are zero
	Criterion string // Config.Criterion.Key()
	TrainSet  string // which data: sizes and checksum
	ValidSet  string // same; empty without a validation set
	Teacher   string // which model; empty without one
	Machine   string // what computed it, see [Machine]

	Epoch  int     // how many epochs have ended
	Step   int     // how many mini-batches they had: the steps of the optimizer
	Layers []Layer // the weights

	// Adam's moments, one slice for each tensor in the order weights 1, bias 1, weights 2, …;
	// row-major like these.
	FirstMoments, SecondMoments [][]float32

	BestEpoch  int     // the epoch with the best validation loss so far; 0 without one
	BestLoss   float64 // its validation loss
	BestLayers []Layer // its weights; nil unless Config.Patience is above 0

	History History // of the epochs that have ended
}

// OtherRunError says that a [State] is of another run than the one that is asked for.
// errors.Is(err, [ErrState]) holds.
type OtherRunError struct {
	// Field is what differs, the first of: Seed, TrainSet, ValidSet, the other fields of [Config]
	// by their names, Criterion and Teacher; or Machine, of [State.SameMachine].
	Field string

	// Run is that of the state, Now that of the configuration: values of Config's field; texts for
	// the sets, the criterion and the teacher.
	Run, Now any
}

// Error returns one line, such as
//
//	train: state: LearnRate: the run has 0.001, this configuration 0.1
func (e *OtherRunError) Error() string { return "train: " + e.Plain() }

// Plain returns the line without the name of the package in front.
func (e *OtherRunError) Plain() string {
	return fmt.Sprintf("state: %s: the run has %s, this configuration %s", e.Field, showSetting(e.Run), showSetting(e.Now))
}

// Is reports whether target is [ErrState].
func (e *OtherRunError) Is(target error) bool { return target == ErrState }

// showSetting is a value for an error's text.
func showSetting(v any) string {
	switch text, isText := v.(string); {
	case isText && text == "":
		return "none"
	case isText:
		return text
	}
	if _, hasFields := v.(Schedule); hasFields {
		return fmt.Sprintf("%+v", v)
	}
	return fmt.Sprint(v)
}

// SameRun returns an error unless a run of this configuration on this data is the run of the state,
// so that [Resume] can go on with it. It reads the data once and trains nothing.
//
// Errors: [*OtherRunError]; [ErrState] for nil; those of [Fit] about its arguments.
func (s *State) SameRun(cfg Config, trainSet, validSet *dataset.Dataset) error {
	if s == nil {
		return errNoState()
	}
	if err := checkFit(cfg, trainSet, validSet); err != nil {
		return err
	}
	cfg = cfg.WithDefaults()
	cfg.BatchSize = min(cfg.BatchSize, trainSet.Len())
	now, err := identity(cfg, trainSet, validSet)
	if err != nil {
		return err
	}
	return s.sameRun(&now)
}

// Machine says what the bits of a run depend on besides its data and configuration: the kind of
// processor and the implementation of the losses that runs on it, such as "amd64 avx512". It is
// [losses.Implementation] with GOARCH in front.
func Machine() string { return runtime.GOARCH + " " + losses.Implementation() }

// SameMachine returns an error unless the state was computed by what computes here, so that
// [Resume] ends with the same bits as a run that was never interrupted. Resume goes on anyway:
// elsewhere the last digits may differ.
//
// Errors: [*OtherRunError] with the field Machine; [ErrState] for nil.
func (s *State) SameMachine() error {
	if s == nil {
		return errNoState()
	}
	if here := Machine(); s.Machine != here {
		return &OtherRunError{"Machine", s.Machine, here}
	}
	return nil
}

func errNoState() error {
	return fail(ErrState, "state: got nil, want one of ReadCheckpoint or Progress.State")
}

// identity returns a State of the fields that say whose it is. cfg has its defaults.
func identity(cfg Config, trainSet, validSet *dataset.Dataset) (State, error) {
	s := State{Config: cfg, Criterion: cfg.Criterion.Key(), Machine: Machine()}
	s.Config.Hidden = slices.Clone(cfg.Hidden)
	s.Config.Criterion, s.Config.Teacher, s.Config.Group = losses.Criterion{}, nil, nil
	var err error
	if s.TrainSet, err = setMark(trainSet); err != nil {
		return s, wrap(err, "training set")
	}
	if s.ValidSet, err = setMark(validSet); err != nil {
		return s, wrap(err, "validation set")
	}
	if cfg.Teacher != nil {
		var m mark
		for _, t := range cfg.Teacher.params() {
			m.floats(t)
		}
		s.Teacher = fmt.Sprintf("layers %v, %v", cfg.Teacher.Sizes(), m)
		c := cfg.Teacher.criterion
		if c.Loss != nil {
			s.Teacher += ", " + predictorName(c)
		}
		if c.Temperature != 0 {
			s.Teacher += fmt.Sprintf(", temperature %v", c.Temperature)
		}
	}
	return s, nil
}

// sameRun wants the state to be of the run that now identifies. The seed comes first, and the data
// before what may follow from them.
func (s *State) sameRun(now *State) error {
	type setting struct {
		name     string
		run, now any
	}
	all := []setting{
		{"Seed", s.Config.Seed, now.Config.Seed},
		{"TrainSet", s.TrainSet, now.TrainSet},
		{"ValidSet", s.ValidSet, now.ValidSet},
	}
	a, b := reflect.ValueOf(s.Config), reflect.ValueOf(now.Config)
	for i := range a.NumField() {
		switch name := a.Type().Field(i).Name; name {
		case "Epochs", "Checkpoint", "CheckpointEvery", "Criterion", "Teacher", "Group":
		default:
			all = append(all, setting{name, a.Field(i).Interface(), b.Field(i).Interface()})
		}
	}
	for _, f := range append(all, setting{"Criterion", s.Criterion, now.Criterion}, setting{"Teacher", s.Teacher,
		now.Teacher}) {
		if !reflect.DeepEqual(f.run, f.now) {
			return &OtherRunError{f.name, f.run, f.now}
		}
	}
	return nil
}
