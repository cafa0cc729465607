// Package dataset holds labelled tables for training classifiers: two real
// sets that come with it, readers for CSV, idx and npy files, and what a training
// run does to data before a loss sees it. It downloads nothing and prints
// nothing.
//
// # Vocabulary
//
// N rows, D features, K classes. Features are [N, D] float32 or, before they are
// scaled, float64: the numbers of a table are held as they are. Labels are
// [N, K] float32, one distribution over the classes a row: one-hot where the
// class is known, soft where people disagreed. Where several labels may be true
// at once, or none, each is a question of its own with a number from 0 to 1. An
// index is [N] class numbers, counted from 0. Counts say how many observations a
// row stands for.
//
// # What gives a Dataset
//
//	Digits           1797 × 64, 10 classes, one-hot: handwritten digits
//	DigitQuestions   the same with 5 labels, several of which may be true
//	Housing          24 × 9, 3 classes, soft with counts: satisfaction of tenants
//	ReadCSV          any table: a class column, or columns of soft labels, counts or questions
//	ReadArrays       arrays of NumPy, MNIST and files like it: features, and classes or columns of
//	                 soft labels, votes or questions
//
// To predict, NewFeatureReader finds the columns of a table that a model wants by their names, and
// ReadFeaturesFile reads an array without labels; FormatOf tells which of the two a file is.
//
// # What works on one
//
//	Subset, Split      rows, copied; a stratified test set
//	FitFill, FillIn    what stands for missing values, learnt on the training set
//	FitScaler          mean 0 and standard deviation 1, learnt there too
//	FlipLabels         symmetric label noise; LongTail classes of uneven frequency
//	Question           one class as a yes-or-no label
//	WithClasses        the label columns of another set; WithFeatures its features
//	Majority           soft labels to the class with most of their mass
//	Batches, Gather    mini-batches by index, into a tensor that is used again
//
// Nothing modifies its input, except that Gather writes to its destination.
// Everything random takes a seed and depends on nothing else.
//
// # Errors
//
// Exported functions return errors and never panic on data. The text is one
// line that begins with "dataset: ", names the argument, file, line, column or
// row, and says what was there and what was wanted:
//
//	dataset: flowers.csv: line 3 column 2 ("petal"): got "x", want a number, as on line 2
//	dataset: counts: row 3 column 1: got -2, want a finite number >= 0
//
// Lines and columns of a file count from 1, as editors do; rows and columns of
// tensors from 0. Use errors.As with [*CellError] (files) and [*RowError]
// (tensors), and errors.Is with the sentinels, such as [ErrShape].
package dataset
