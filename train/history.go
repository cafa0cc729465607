package train

// Epoch is the result of one pass over the training set.
type Epoch struct {
	Epoch int // counted from 1

	// Loss is the mean training loss over the epoch's rows, each as it was met, before the step of
	// its own batch: with the losses of the batches b,
	//
	//	Mean, WeightedMean   Σ_b rows_b loss_b / N
	//	Sum                  Σ_b loss_b / N, with SigmoidLink Σ_b loss_b / (N K)
	//
	// so that it is of one size for all reductions and, except for WeightedMean, which divides the
	// loss of a batch by the weights of its own rows, does not depend on where batches are cut.
	Loss float64

	// Accuracy is the share of these rows, met in the same way, whose largest logit was at their
	// largest label, ties to the lowest class; rows with Counts are weighed by them. With mixup
	// both are those of the mixed rows.
	Accuracy float64

	LearnRate float64  // of the last step
	Valid     *Metrics // of the validation set after the epoch; nil without one
	Best      bool     // whether Valid.Loss is lower, by more than Config.MinDelta, than that of every best epoch before
}

// History is the epochs of a run that have ended, the first one first.
type History []Epoch

// Best returns the number of the epoch with the best validation loss, the last one that is marked
// so; 0 without one. Epochs are counted from 1, so that it is h[h.Best()-1]; [History.BestEpoch]
// returns the epoch itself.
func (h History) Best() int {
	e, _ := h.BestEpoch()
	return e.Epoch
}

// BestEpoch returns the epoch of [History.Best], and whether there is one.
func (h History) BestEpoch() (best Epoch, ok bool) {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].Best {
			return h[i], true
		}
	}
	return Epoch{}, false
}

// clone returns a copy that shares nothing.
func (h History) clone() History {
	if h == nil {
		return nil
	}
	out := make(History, len(h))
	for i, e := range h {
		out[i] = e.clone()
	}
	return out
}

// clone returns a copy that shares nothing.
func (e Epoch) clone() Epoch {
	if e.Valid != nil {
		m := *e.Valid
		e.Valid = &m
	}
	return e
}
