package train

import (
	"context"

	"softloss/losses"
)

// shards computes mini-batches in parts, this rank's by graphs of its own. With the losses L_n of
// the rows and D_s what the criterion divides by in shard s,
//
//	D = Σ_s D_s,   loss = Σ_s Σ_n∈s L_n / D,   gradient = Σ_s Σ_n∈s ∇L_n / D
//
// where D, as the sums over the rows, is one for each of the two losses of a distillation, and 1
// for the reduction Sum. Every Σ_s is an exact one: see fixedSum.
type shards struct {
	first int // the number of this rank's first shard
	count int // of all ranks
	sum   fixedSum
	parts []part      // of this rank's shards
	grads [][]float32 // of the whole batch
}

// ownShards returns the shards [first, end) of this rank.
func ownShards(cfg Config) (first, end int) {
	if g := cfg.Group; g != nil {
		return g.Rank() * cfg.Shards / g.Size(), (g.Rank() + 1) * cfg.Shards / g.Size()
	}
	return 0, cfg.Shards
}

// newShards returns what computes mini-batches of m.
func newShards(m *Model, cfg Config) *shards {
	first, end := ownShards(cfg)
	s := &shards{first: first, count: cfg.Shards, sum: fixedSum{group: cfg.Group, shards: cfg.Shards},
		parts: make([]part, end-first)}
	for _, t := range m.params() {
		s.grads = append(s.grads, make([]float32, len(t)))
	}
	return s
}

// inShards is compute by shards. All ranks return an error or none does.
func (o *objective) inShards(ctx context.Context, at Progress, rows []int) (batchResult, error) {
	whole := o.portion(at, rows)
	err := ctx.Err()
	if err == nil {
		err = o.loadShards(whole)
	}
	if err = o.divide(err); err != nil {
		return batchResult{}, err
	}
	totals := make([]float64, 3)
	err = o.shards.sum.add(o.runShards(at, whole), o.shards.parts, totals, o.shards.grads)
	return batchResult{loss: totals[0], hit: totals[1], all: totals[2], grads: o.shards.grads}, err
}

// loadShards puts this rank's shards of a mini-batch into the graphs' inputs, and what the losses
// of their rows are to be divided by into the parts.
func (o *objective) loadShards(whole portion) error {
	for i, n := range o.nets {
		p := &o.shards.parts[i]
		p.numbers, p.tensors = zeroed(p.numbers, len(n.factors)), nil
		shard := whole.cut(o.shards.first+i, o.shards.count)
		if len(shard.rows) == 0 {
			continue
		}
		if err := o.load(n, shard); err != nil {
			return err
		}
		var err error
		if p.numbers[0], err = n.denominator(o.criterion, n.labels); err != nil {
			return wrap(err, "criterion")
		}
		if o.distil == nil {
			continue
		}
		if p.numbers[1], err = n.denominator(o.distil.criterion(o.criterion), n.soft); err != nil {
			return wrap(err, "distillation")
		}
	}
	return nil
}

// divide divides the factors of the graphs' losses by what loadShards found, summed over all
// shards.
func (o *objective) divide(err error) error {
	factors := []float64{1}
	if o.distil != nil {
		factors = o.distil.factors()
	}
	totals := make([]float64, len(factors))
	if err := o.shards.sum.add(err, o.shards.parts, totals, nil); err != nil {
		return err
	}
	for j, d := range totals {
		switch {
		case o.criterion.Reduction == losses.Sum:
		case d > 0:
			factors[j] /= d
		default:
			factors[j] = 0
		}
	}
	for _, n := range o.nets {
		copy(n.factors, factors)
	}
	return nil
}

// runShards computes this rank's shards of a mini-batch.
func (o *objective) runShards(at Progress, whole portion) error {
	for i, n := range o.nets {
		p := &o.shards.parts[i]
		p.numbers = zeroed(p.numbers, 3)
		rows := len(whole.cut(o.shards.first+i, o.shards.count).rows)
		if rows == 0 {
			continue
		}
		r, err := o.runGraph(n, at, rows)
		if err != nil {
			return err
		}
		p.numbers[0], p.numbers[1], p.numbers[2] = r.loss, r.hit, r.all
		p.tensors = r.grads
	}
	return nil
}
