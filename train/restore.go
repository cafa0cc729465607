package train

import (
	"slices"

	"softloss/internal/phrase"
)

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
	m, bestModel, err := s.check()
	if err != nil {
		return fail(ErrState, "state: %s", plain(err))
	}
	if got, want := m.Sizes(), f.model.Sizes(); !slices.Equal(got, want) {
		return fail(ErrState, "state: layers: got sizes %v, want %v", got, want)
	}
	if s.FirstMoments == nil {
		return fail(ErrState, "state: got no moments, want those of %d tensors", len(f.adam.params))
	}
	f.model.set(m.layers)
	for i, p := range f.adam.params {
		copy(p.m, s.FirstMoments[i])
		copy(p.v, s.SecondMoments[i])
	}
	f.adam.steps, f.history = s.Step, s.History.clone()
	if f.best = (best{epoch: s.BestEpoch, loss: s.BestLoss}); bestModel != nil {
		f.best.layers = bestModel.layers
	}
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
		return fail(ErrState, "state: got %s that have ended, want at most the %d of the run",
			phrase.Plural(s.Epoch, "epoch"), f.cfg.Epochs)
	case s.Step != s.Epoch*per:
		return fail(ErrState, "state: got %s after %s, want %d of %s each", phrase.Plural(s.Step, "step"),
			phrase.Plural(s.Epoch, "epoch"), s.Epoch*per, phrase.Plural(per, "batch"))
	case len(s.History) != s.Epoch:
		return fail(ErrState, "state: got a history of %s, want %d", phrase.Plural(len(s.History), "epoch"), s.Epoch)
	case s.BestEpoch != s.History.Best() || s.BestLoss != s.BestLoss:
		return fail(ErrState, "state: got best epoch %d with loss %v, want %d as in the history", s.BestEpoch, s.BestLoss,
			s.History.Best())
	case (s.BestLayers != nil) != (f.cfg.Patience > 0 && s.BestEpoch > 0):
		return fail(ErrState, "state: got %d best layers, want them with patience and a best epoch only", len(s.BestLayers))
	}
	return nil
}
