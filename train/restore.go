package train

import "slices"

// state returns a copy of all that Resume needs.
func (f *fitting) state() *State {
	s := f.id
	s.Config.Hidden = slices.Clone(s.Config.Hidden)
	s.Epoch, s.Step, s.Layers = len(f.history), f.adam.steps, f.model.Layers()
	for _, p := range f.adam.params {
		s.FirstMoments = append(s.FirstMoments, slices.Clone(p.m))
		s.SecondMoments = append(s.SecondMoments, slices.Clone(p.v))
	}
	s.BestEpoch, s.BestLoss = f.best.epoch, f.best.loss
	if f.best.layers != nil {
		s.BestLayers = (&Model{layers: f.best.layers}).Layers()
	}
	s.History = f.history.clone()
	return &s
}

// restore takes the run to a state.
func (f *fitting) restore(s *State) error {
	if s == nil {
		return errNoState()
	}
	if err := s.sameRun(&f.id); err != nil {
		return err
	}
	if err := f.checkProgress(s); err != nil {
		return err
	}
	layers, err := f.layersLike("layers", s.Layers)
	if err != nil {
		return err
	}
	var bestLayers []Layer
	if s.BestLayers != nil {
		if bestLayers, err = f.layersLike("best layers", s.BestLayers); err != nil {
			return err
		}
	}
	if err := f.checkMoments("first", s.FirstMoments, false); err != nil {
		return err
	}
	if err := f.checkMoments("second", s.SecondMoments, true); err != nil {
		return err
	}
	f.model.set(layers)
	for i, p := range f.adam.params {
		copy(p.m, s.FirstMoments[i])
		copy(p.v, s.SecondMoments[i])
	}
	f.adam.steps, f.history = s.Step, s.History.clone()
	f.best = best{s.BestEpoch, s.BestLoss, bestLayers}
	return nil
}

// checkProgress wants a state to have come as far as it says.
func (f *fitting) checkProgress(s *State) error {
	for i, e := range s.History {
		if e.Epoch != i+1 || (e.Valid != nil) != (f.valid != nil) {
			return fail(ErrState, "state: history: entry %d: got epoch %d, want %d, validated as the others are",
				i, e.Epoch, i+1)
		}
	}
	switch per := f.batches.Len(); {
	case s.Epoch < 0 || s.Epoch > f.cfg.Epochs:
		return fail(ErrState, "state: got %d epochs that have ended, want at most the %d of the run", s.Epoch, f.cfg.Epochs)
	case s.Step != s.Epoch*per:
		return fail(ErrState, "state: got %d steps after %d epochs, want %d of %d batches each", s.Step, s.Epoch,
			s.Epoch*per, per)
	case len(s.History) != s.Epoch:
		return fail(ErrState, "state: got a history of %d epochs, want %d", len(s.History), s.Epoch)
	case s.BestEpoch != s.History.Best() || s.BestLoss != s.BestLoss:
		return fail(ErrState, "state: got best epoch %d with loss %v, want %d as in the history", s.BestEpoch, s.BestLoss,
			s.History.Best())
	case (s.BestLayers != nil) != (f.cfg.Patience > 0 && s.BestEpoch > 0):
		return fail(ErrState, "state: got %d best layers, want them with patience and a best epoch only", len(s.BestLayers))
	}
	return nil
}

// layersLike returns copies of layers that are finite and of the model's sizes.
func (f *fitting) layersLike(arg string, layers []Layer) ([]Layer, error) {
	m, err := NewModel(layers)
	if err != nil {
		return nil, fail(ErrState, "state: %s: %s", arg, plain(err))
	}
	if got, want := m.Sizes(), f.model.Sizes(); !slices.Equal(got, want) {
		return nil, fail(ErrState, "state: %s: got sizes %v, want %v", arg, got, want)
	}
	return m.layers, nil
}

// checkMoments wants moments of the sizes of the parameters, finite, and not negative where they
// are squares.
func (f *fitting) checkMoments(which string, moments [][]float32, squares bool) error {
	if len(moments) != len(f.adam.params) {
		return fail(ErrState, "state: %s moments: got %d tensors, want %d", which, len(moments), len(f.adam.params))
	}
	for i, p := range f.adam.params {
		if len(moments[i]) != len(p.value) {
			return fail(ErrState, "state: %s moments: tensor %d: got %d numbers, want %d", which, i,
				len(moments[i]), len(p.value))
		}
		for _, v := range moments[i] {
			if v != v || squares && v < 0 {
				return fail(ErrState, "state: %s moments: tensor %d: got %v", which, i, v)
			}
		}
	}
	return nil
}
