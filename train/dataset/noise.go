package dataset

import "softloss/internal/dense"

// FlipLabels returns a dataset with symmetric label noise and the number of
// rows it changed: each row's label is replaced, with probability rate, by the
// one-hot row of one of the K-1 other classes, all equally likely. "Other" is
// relative to [Dataset.Index]. Rows that are not flipped keep their label, soft
// or not.
//
// The labels are a copy; features, counts and names are shared with d. The same
// seed gives the same result, and the rows flipped at a lower rate are among
// those flipped, to the same classes, at a higher one.
//
// Errors: [ErrParam] unless 0 <= rate <= 1, [ErrClasses] for fewer than two
// classes, and those of [Dataset.Validate] about shapes.
func FlipLabels(d *Dataset, rate float64, seed uint64) (*Dataset, int, error) {
	_, labels, err := d.tables()
	if err != nil {
		return nil, 0, err
	}
	if !(rate >= 0 && rate <= 1) {
		return nil, 0, fail(ErrParam, "rate: got %v, want a number from 0 to 1", rate)
	}
	if labels.k < 2 {
		return nil, 0, fail(ErrClasses, "labels: got %s, want at least 2", plural(labels.k, "class"))
	}
	noisy, data, err := newMatrix[float32]("labels", labels.n, labels.k)
	if err != nil {
		return nil, 0, err
	}
	r := newRand(seed, flipStream, 0)
	flipped := 0
	for i := range labels.n {
		row := data[i*labels.k : (i+1)*labels.k]
		copy(row, labels.row(i))
		// Both numbers are drawn for every row: the rate shifts no stream.
		flip, other := r.Float64() < rate, r.IntN(labels.k-1)
		if !flip {
			continue
		}
		if other >= dense.Argmax(row) {
			other++
		}
		clear(row)
		row[other] = 1
		flipped++
	}
	out := *d
	out.Labels = noisy
	return &out, flipped, nil
}
