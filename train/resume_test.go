package train

import (
	"context"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/parallel"
	"softloss/losses"
	"softloss/train/dataset"
)

// everything returns a run with all there is: noisy labels, counts, schedule, L2, decay, clipping,
// mixup, distillation, early stopping.
func everything(t testing.TB) (cfg Config, trainSet, validSet *dataset.Dataset) {
	t.Helper()
	clean := randomSet(45, 6, 3, 1)
	trainSet, flipped, err := dataset.FlipLabels(clean, 0.3, 4)
	require.NoError(t, err)
	require.Positive(t, flipped)
	for i := range 45 {
		trainSet.Counts = append(trainSet.Counts, float64(1+i%3))
	}
	return Config{
		Hidden: []int{24, 9}, Epochs: 30, BatchSize: 16, LearnRate: 8e-3, Seed: 7,
		Criterion: losses.SoftLabelCriterion(0.1, losses.Mean),
		Schedule:  Schedule{Curve: Cosine, Warmup: 5, Floor: 0.05},
		L2:        1e-3, WeightDecay: 1e-2, ClipNorm: 0.5,
		Patience: 5, MinDelta: 1e-4, Mixup: 0.3,
		Teacher: newModel([]int{6, 12, 3}, 77), TeacherTemperature: 2, TeacherWeight: 0.4,
	}, trainSet, randomSet(30, 6, 3, 2)
}

// stopAfter cancels a run after a batch of an epoch.
func stopAfter(epoch, batch int) (context.Context, Observer) {
	ctx, cancel := context.WithCancel(context.Background())
	return ctx, func(p Progress) {
		if p.Epoch == epoch && p.Batch == batch {
			cancel()
		}
	}
}

// A run that is stopped anywhere and goes on, from memory or from disk, ends with the bits of the
// run that never stopped: weights and history.
func TestResumeEqualsUninterrupted(t *testing.T) {
	cfg, trainSet, validSet := everything(t)
	var states []*State
	want, h, err := Fit(context.Background(), cfg, trainSet, validSet, func(p Progress) {
		if p.Done != nil {
			states = append(states, p.State())
		}
	})
	require.NoError(t, err)
	require.True(t, h.Best() > 1 && len(h) == h.Best()+5 && len(h) < 30, "best epoch %d of %d", h.Best(),
		len(h)) // early stopping is on
	require.Len(t, states, len(h))
	require.NotEqual(t, weightsOf(want), weightsOf(&Model{layers: states[len(h)-1].Layers}))
	same := func(what string, m *Model, got History, err error) {
		t.Helper()
		require.NoError(t, err, what)
		require.Equal(t, h, got, what)
		require.Equal(t, weightsOf(want), weightsOf(m), what)
	}
	for i, s := range states {
		require.Equal(t, []int{i + 1, 3 * (i + 1), i + 1}, []int{s.Epoch, s.Step, len(s.History)})
		before := *s
		m, got, err := Resume(context.Background(), cfg, s, trainSet, validSet, nil)
		same("from memory", m, got, err)
		require.Equal(t, before, *s)
	}
	for _, stop := range [][2]int{{2, 3}, {2, 1}, {5, 2}, {h.Best(), 3}, {h.Best() + 1, 2}, {len(h), 2}, {len(h), 3}} {
		for _, every := range []int{0, 3} {
			cfg.Checkpoint, cfg.CheckpointEvery = filepath.Join(t.TempDir(), "run"), every
			ctx, observe := stopAfter(stop[0], stop[1])
			_, part, err := Fit(ctx, cfg, trainSet, validSet, observe)
			ended := stop[0]
			if stop[1] < 3 {
				ended--
			}
			if ended < len(h) {
				require.ErrorIs(t, err, context.Canceled)
			}
			require.Equal(t, h[:ended], part)
			s, err := ReadCheckpoint(cfg.Checkpoint)
			require.NoError(t, err)
			require.Equal(t, ended, s.Epoch) // for any CheckpointEvery
			want := *states[ended-1]
			want.Config.Checkpoint, want.Config.CheckpointEvery = cfg.Checkpoint, cfg.WithDefaults().CheckpointEvery
			require.Equal(t, want, *s) // nothing is lost on the way to the disk
			m, got := resumeEpochByEpoch(t, cfg, s, trainSet, validSet)
			same("from disk", m, got, nil)
		}
	}
}

// resumeEpochByEpoch goes on from s in pieces of one epoch, by way of the disk.
func resumeEpochByEpoch(t *testing.T, cfg Config, s *State, trainSet, validSet *dataset.Dataset) (*Model, History) {
	for {
		ctx, observe := stopAfter(s.Epoch+1, 3)
		m, h, err := Resume(ctx, cfg, s, trainSet, validSet, observe)
		if err == nil {
			return m, h
		}
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, h, s.Epoch+1)
		s, err = ReadCheckpoint(cfg.Checkpoint)
		require.NoError(t, err)
	}
}

// A resumed run does not depend on GOMAXPROCS, nor does it on what the first part had.
func TestResumeOnOtherMachines(t *testing.T) {
	defer parallel.AlwaysHelped()()
	cfg, trainSet, validSet := everything(t)
	cfg.Hidden, cfg.BatchSize, cfg.Epochs, cfg.Patience = []int{200, 136}, 45, 4, 0
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var state *State
	want, h, err := Fit(context.Background(), cfg, trainSet, validSet, func(p Progress) {
		if p.Done != nil && p.Epoch == 2 {
			state = p.State()
		}
	})
	require.NoError(t, err)
	for _, procs := range []int{1, 3} {
		runtime.GOMAXPROCS(procs)
		m, got, err := Resume(context.Background(), cfg, state, trainSet, validSet, nil)
		require.NoError(t, err)
		require.Equal(t, h, got)
		require.Equal(t, weightsOf(want), weightsOf(m))
	}
}

// More epochs than planned are the longer run where the learn rate does not depend on their number;
// Sum and no validation set work too.
func TestResumeWithMoreEpochs(t *testing.T) {
	set := randomSet(23, 4, 3, 1)
	for _, s := range []Schedule{{}, {Warmup: 4}, {Curve: Cosine, Steps: 15}} {
		cfg := Config{Hidden: []int{6}, Epochs: 6, BatchSize: 10, Schedule: s,
			Criterion: losses.Criterion{Reduction: losses.Sum}}
		want, h, err := Fit(context.Background(), cfg, set, nil, nil)
		require.NoError(t, err)
		short := cfg
		short.Epochs, short.Checkpoint, short.CheckpointEvery = 2, t.TempDir(), 5
		_, _, err = Fit(context.Background(), short, set, nil, nil)
		require.NoError(t, err)
		state, err := ReadCheckpoint(short.Checkpoint) // written at the end, though it is not the fifth epoch
		require.NoError(t, err)
		m, got, err := Resume(context.Background(), cfg, state, set, nil, nil)
		require.NoError(t, err)
		require.Equal(t, h, got)
		require.Equal(t, weightsOf(want), weightsOf(m))
		_, _, err = Resume(context.Background(), short, state, set, nil, nil)
		require.NoError(t, err)
		short.Epochs = 1
		_, _, err = Resume(context.Background(), short, state, set, nil, nil)
		require.EqualError(t, err, "train: state: got 2 epochs that have ended, want at most the 1 of the run")
	}
}

// halfway is a run of three epochs after the second one.
func halfway(t *testing.T) (cfg Config, state *State, trainSet, validSet *dataset.Dataset) {
	cfg, trainSet, validSet = everything(t)
	cfg.Epochs = 3
	_, _, err := Fit(context.Background(), cfg, trainSet, validSet, func(p Progress) {
		if p.Done != nil && p.Epoch == 2 {
			state = p.State()
		}
	})
	require.NoError(t, err)
	return cfg, state, trainSet, validSet
}

// notResumed wants a run not to go on from a state, whose error has a text.
func notResumed(t *testing.T, text string, cfg Config, s *State, trainSet, validSet *dataset.Dataset) error {
	t.Helper()
	_, _, err := Resume(context.Background(), cfg, s, trainSet, validSet, nil)
	require.ErrorIs(t, err, ErrState, text)
	require.Contains(t, err.Error(), text)
	require.NotContains(t, err.Error(), "\n")
	return err
}

// A state of another run is an error that says what differs: every field of Config counts, but
// those that may change, and the data.
func TestResumeRejectsOtherRuns(t *testing.T) {
	cfg, state, trainSet, validSet := halfway(t)
	v := reflect.ValueOf(cfg)
	for i := range v.NumField() {
		other := cfg
		switch f := reflect.ValueOf(&other).Elem().Field(i); v.Type().Field(i).Name {
		case "Epochs", "Checkpoint", "CheckpointEvery", "Group":
			continue
		case "Hidden":
			other.Hidden = []int{24, 10}
		case "Criterion":
			other.Criterion = losses.Criterion{}
		case "Shards":
			other.Shards = 2
		case "Schedule":
			other.Schedule.Floor = 0.5
		case "Teacher":
			other.Teacher = newModel([]int{6, 12, 3}, 78)
		default:
			if f.CanFloat() {
				f.SetFloat(f.Float() * 1.5)
			} else if f.CanInt() {
				f.SetInt(f.Int() + 1)
			} else {
				f.SetUint(f.Uint() + 1)
			}
		}
		name := v.Type().Field(i).Name
		err := notResumed(t, "state: "+name+": the run has ", other, state, trainSet, validSet)
		require.Equal(t, err, state.SameRun(other, trainSet, validSet), "known before the training")
	}
	notResumed(t, "TrainSet: the run has ", cfg, state, randomSet(45, 6, 3, 1), validSet)
	notResumed(t, "ValidSet: the run has ", cfg, state, trainSet, trainSet)
	counted := *trainSet
	counted.Counts = append([]float64{2}, trainSet.Counts[1:]...)
	notResumed(t, "TrainSet: the run has ", cfg, state, &counted, validSet)
}

// A state whose parts do not fit together is refused, and not touched.
func TestResumeRejectsDamagedStates(t *testing.T) {
	cfg, state, trainSet, validSet := halfway(t)
	notResumed(t, "train: state: got nil, want one of ReadCheckpoint or Progress.State", cfg, nil, trainSet, validSet)
	for what, spoil := range map[string]func(*State){
		"4 epochs that have ended":            func(s *State) { s.Epoch, s.Step = 4, 12 },
		"-1 epochs":                           func(s *State) { s.Epoch = -1 },
		"7 steps":                             func(s *State) { s.Step = 7 },
		"history of 1 epoch,":                 func(s *State) { s.History = s.History[:1] },
		"entry 1":                             func(s *State) { s.History = History{s.History[0], s.History[0]} },
		"best epoch 5":                        func(s *State) { s.BestEpoch = 5 },
		"best layers":                         func(s *State) { s.BestLayers = nil },
		"state: moments: got 6 and 6, want 4": func(s *State) { s.Layers = s.Layers[:2] },
		"state: layers: got sizes [6 24 9]": func(s *State) {
			s.Layers, s.BestLayers = s.Layers[:2], s.BestLayers[:2]
			s.FirstMoments, s.SecondMoments = s.FirstMoments[:4], s.SecondMoments[:4]
		},
		"state: best layers: layer 1: bias": func(s *State) {
			s.BestLayers = []Layer{{Weights: s.Layers[0].Weights}, s.Layers[1], s.Layers[2]}
		},
		"state: got no moments":       func(s *State) { s.FirstMoments, s.SecondMoments = nil, nil },
		"state: moments: got 0 and 0": func(s *State) { s.FirstMoments, s.SecondMoments = [][]float32{}, nil },
		"state: moments: got 5 and 6": func(s *State) { s.FirstMoments = s.FirstMoments[:5] },
		"state: moments: tensor 0:":   func(s *State) { s.FirstMoments = append([][]float32{{1}}, s.FirstMoments[1:]...) },
		"state: moments: tensor 5: got a NaN, or a second moment below 0": func(s *State) {
			s.SecondMoments = append(append([][]float32(nil), s.SecondMoments[:5]...), []float32{0, -1, 0})
		},
	} {
		s := *state
		spoil(&s)
		notResumed(t, what, cfg, &s, trainSet, validSet)
	}
	_, _, err := Resume(context.Background(), cfg, state, trainSet, validSet, nil)
	require.NoError(t, err)
}

// Without a context there is no run; one that has ended leaves the state's own model.
func TestResumeContext(t *testing.T) {
	cfg, state, trainSet, validSet := halfway(t)
	//lint:ignore SA1012 a nil context is an error, not a panic
	_, _, err := Resume(nil, cfg, state, trainSet, validSet, nil)
	require.ErrorIs(t, err, ErrConfig)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m, h, err := Resume(ctx, cfg, state, trainSet, validSet, nil)
	require.Equal(t, context.Canceled, err)
	require.Len(t, h, 2)
	require.Equal(t, weightsOf(&Model{layers: state.Layers}), weightsOf(m))
}
