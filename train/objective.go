package train

import (
	"context"

	"softloss/losses"
	"softloss/train/dataset"
)

// objective is what a run minimises, as a function of mini-batches of the training set.
type objective struct {
	criterion losses.Criterion
	set       *dataset.Dataset
	weights   []float32     // of its rows; nil for 1 each
	mixer     *mixer        // may be nil
	distil    *distillation // may be nil
	nets      []*network    // of this rank's shards; one for whole batches without shards
	shards    *shards       // nil for whole batches
}

// batchResult is what a mini-batch comes to.
type batchResult struct {
	loss     float64     // reduced as the criterion says
	hit, all float64     // weights of the rows that were right, and of all
	grads    [][]float32 // of weights 1, bias 1, weights 2, …; they last until the next mini-batch
}

// newObjective returns the objective of a run that trains m. The configuration has its defaults.
func newObjective(m *Model, cfg Config, set *dataset.Dataset) (*objective, error) {
	o := &objective{criterion: cfg.Criterion, set: set, weights: rowWeights(set.Counts)}
	var err error
	if o.distil, err = newDistillation(cfg, set); err != nil {
		return nil, err
	}
	first, end := ownShards(cfg)
	rows := (cfg.BatchSize + cfg.Shards - 1) / cfg.Shards
	for range end - first {
		n, err := newNetwork(m, cfg.Criterion, rows, purpose{train: true, distil: o.distil, shard: cfg.Shards > 1})
		if err != nil {
			return nil, err
		}
		o.nets = append(o.nets, n)
	}
	if o.mixer = newMixer(cfg.Mixup, cfg.Seed, o.nets[0]); cfg.Shards > 1 {
		o.shards = newShards(m, cfg)
	}
	return o, nil
}

// close frees what the graphs hold.
func (o *objective) close() {
	for _, n := range o.nets {
		n.vm.Close()
	}
}

// compute returns what these rows come to, the mini-batch of an epoch that at tells. It returns
// ctx.Err() itself when ctx has ended.
func (o *objective) compute(ctx context.Context, at Progress, rows []int) (batchResult, error) {
	if o.shards != nil {
		return o.inShards(ctx, at, rows)
	}
	if err := ctx.Err(); err != nil {
		return batchResult{}, err
	}
	n := o.nets[0]
	if err := o.load(n, o.portion(at, rows)); err != nil {
		return batchResult{}, err
	}
	return o.runGraph(n, at, len(rows))
}

// portion returns a whole mini-batch.
func (o *objective) portion(at Progress, rows []int) portion {
	p := portion{rows: rows}
	if o.mixer != nil {
		p.lambda, p.partners = o.mixer.draw(rows, at.Epoch, at.Batch)
	}
	return p
}

// load puts a portion into a graph's inputs.
func (o *objective) load(n *network, p portion) error {
	if err := n.load(o.set, p.rows, o.weights); err != nil {
		return wrap(err, "training set")
	}
	if o.mixer != nil {
		if err := o.mixer.mix(n, o.set, p, o.weights); err != nil {
			return wrap(err, "training set")
		}
	}
	if o.distil != nil {
		return o.distil.load(n, p.rows)
	}
	return nil
}

// runGraph computes a graph of that many rows.
func (o *objective) runGraph(n *network, at Progress, rows int) (r batchResult, err error) {
	if r.loss, err = n.run(); err != nil {
		return r, wrap(err, "epoch %d batch %d", at.Epoch, at.Batch)
	}
	r.hit, r.all = n.hits(o.criterion.Link, rows)
	r.grads = n.grads
	return r, nil
}
