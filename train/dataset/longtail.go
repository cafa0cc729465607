package dataset

import "math"

// LongTail returns rows of the dataset whose classes are of uneven frequency, and how many rows
// each class has. With K classes and [Dataset.Index] as a row's class, class k keeps
//
//	n_k = round(n_0 ratio^(-k/(K-1))),   at least 1
//
// rows: class 0 has ratio times as many as the last one. n_0 is the largest number for which every
// class has n_0 ratio^(-k/(K-1)) rows.
//
// The rows are drawn by the seed and stand in the order that they had. Of every class, the rows
// that are kept where it keeps few are among those that are kept where it keeps more.
//
// Errors: [ErrParam] unless ratio is finite and >= 1, [ErrClasses] for fewer than two classes,
// [ErrEmpty] for a class without rows, and those of [Dataset.Validate] about shapes.
//
// Source: the profile of Cui et al., CVPR 2019, arXiv:1901.05555, section 5.1.
func LongTail(d *Dataset, ratio float64, seed uint64) (*Dataset, []int, error) {
	if _, _, err := d.tables(); err != nil {
		return nil, nil, err
	}
	if !(ratio >= 1 && ratio <= math.MaxFloat64) {
		return nil, nil, fail(ErrParam, "ratio: got %v, want a finite number, at least 1", ratio)
	}
	k := d.NumClasses()
	if k < 2 {
		return nil, nil, fail(ErrClasses, "labels: got %s, want at least 2", plural(k, "class"))
	}
	index := d.Index()
	keep, err := longTail(index, k, ratio)
	if err != nil {
		return nil, nil, err
	}
	kept, left := make([]bool, len(index)), append([]int(nil), keep...)
	for _, r := range newRand(seed, tailStream, 0).Perm(len(index)) {
		if c := index[r]; left[c] > 0 {
			left[c]--
			kept[r] = true
		}
	}
	var rows []int
	for r, is := range kept {
		if is {
			rows = append(rows, r)
		}
	}
	out, err := d.Subset(rows)
	return out, keep, err
}

// longTail returns n_k of each of k classes.
func longTail(index []int, k int, ratio float64) ([]int, error) {
	counts := make([]float64, k)
	for _, c := range index {
		counts[c]++
	}
	falls := func(c int) float64 { return math.Pow(ratio, -float64(c)/float64(k-1)) }
	first := math.Inf(1)
	for c, n := range counts {
		if n == 0 {
			return nil, fail(ErrEmpty, "labels: got no row of class %d, want at least 1 of each", c)
		}
		first = min(first, n/falls(c))
	}
	keep := make([]int, k)
	for c := range keep {
		keep[c] = int(min(max(math.Round(first*falls(c)), 1), counts[c]))
	}
	return keep, nil
}
