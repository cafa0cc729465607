package dataset

import (
	"cmp"
	"math"
	"slices"
	"strconv"
)

// Subset returns a new dataset with copies of the given rows in the order
// given; a row may be given twice. Counts and names go along.
//
// Errors: [ErrEmpty] for no rows, [*RowError] for a row outside 0..N-1, and
// those of [Dataset.Validate] about shapes (values are not looked at).
func (d *Dataset) Subset(rows []int) (*Dataset, error) {
	features, _, err := d.tables()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, fail(ErrEmpty, "rows: got none, want at least 1")
	}
	if err := checkRows(rows, features.n); err != nil {
		return nil, err
	}
	out := &Dataset{FeatureNames: slices.Clone(d.FeatureNames), ClassNames: slices.Clone(d.ClassNames),
		LabelName: d.LabelName, columns: slices.Clone(d.columns)}
	if out.Features, err = pick("features", d.Features, rows, nil); err != nil {
		return nil, err
	}
	if out.Labels, err = pick("labels", d.Labels, rows, nil); err != nil {
		return nil, err
	}
	for _, r := range rows {
		out.rows = append(out.rows, d.Row(r))
	}
	if d.Counts != nil {
		out.Counts = make([]float64, len(rows))
		for i, r := range rows {
			out.Counts[i] = d.Counts[r]
		}
	}
	return out, nil
}

// Split shuffles the rows and returns a test set of exactly
//
//	T = round(testFraction·N)
//
// rows, halves rounded up, and a training set of the N-T others; both are
// copies, in shuffled order. The same seed gives the same split.
//
// The split is stratified by [Dataset.Index]: of class c, with n_c rows, the
// test set gets q_c = T·n_c/N rows, rounded down; the rows that are then still
// missing from T go, one each, to the classes with the largest remainders of
// q_c, ties by the seed. So every class is within one row of its share.
// A class with few rows may be missing from the test set.
//
// Errors: [ErrParam] unless 0 < testFraction < 1, [ErrEmpty] when a side would
// have no rows, and those of [Dataset.Validate] about shapes.
func (d *Dataset) Split(testFraction float64, seed uint64) (train, test *Dataset, err error) {
	if _, _, err := d.tables(); err != nil {
		return nil, nil, err
	}
	if !(testFraction > 0 && testFraction < 1) {
		return nil, nil, fail(ErrParam, "test fraction: got %v, want a number above 0 and below 1", testFraction)
	}
	n := d.Len()
	size := int(math.Round(testFraction * float64(n)))
	if size == 0 || size == n {
		return nil, nil, fail(ErrEmpty, "test fraction: got %v, which puts %d of %s into the test set, want at least 1 on "+
			"both sides",
			testFraction, size, plural(n, "row"))
	}
	index := d.Index()
	quota := quotas(index, d.NumClasses(), size, seed)
	var trainRows, testRows []int
	for _, r := range newRand(seed, splitStream, 0).Perm(n) {
		if c := index[r]; quota[c] > 0 {
			quota[c]--
			testRows = append(testRows, r)
		} else {
			trainRows = append(trainRows, r)
		}
	}
	if train, err = d.Subset(trainRows); err != nil {
		return nil, nil, err
	}
	if test, err = d.Subset(testRows); err != nil {
		return nil, nil, err
	}
	return train, test, nil
}

// quotas shares size rows out among the classes by largest remainders, ties by
// the seed. The arithmetic is in integers, so that equal remainders are equal.
func quotas(index []int, classes, size int, seed uint64) []int {
	count := make([]int64, classes)
	for _, c := range index {
		count[c]++
	}
	quota, order := make([]int, classes), newRand(seed, tieStream, 0).Perm(classes)
	remainder := make([]int64, classes)
	left, n := size, int64(len(index))
	for c := range quota {
		share := int64(size) * count[c]
		quota[c], remainder[c] = int(share/n), share%n
		left -= quota[c]
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(remainder[b], remainder[a]) })
	for _, c := range order[:left] {
		quota[c]++
	}
	return quota
}

// checkRows checks that every row lies in 0..n-1.
func checkRows(rows []int, n int) error {
	for i, r := range rows {
		if r < 0 || r >= n {
			return &RowError{Arg: "rows", Row: i, Column: -1, Got: strconv.Itoa(r), Want: "a row in 0.." + strconv.Itoa(n-1)}
		}
	}
	return nil
}
