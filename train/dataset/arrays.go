package dataset

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"

	"gorgonia.org/tensor"

	"softloss/internal/dense"
	"softloss/train/dataset/internal/array"
	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/idx"
	"softloss/train/dataset/internal/npy"
)

// Columns says what the columns of an array of labels are, one for each class.
type Columns int

const (
	ColumnsAreShares    Columns = iota // a soft label: a row sums to 1
	ColumnsAreVotes                    // numbers >= 0 whatever their sum, by which every row is divided
	ColumnsAreCounts                   // votes, and a row weighs as much as its sum: Dataset.Counts keeps the sums
	ColumnsAreQuestions                // whether each label is true, 0 to 1, for losses.SigmoidLink
)

// ArrayOptions says how [ReadArrays] reads labels.
type ArrayOptions struct {
	Columns Columns
	// Classes are the names of the classes 0, 1, …, or of the columns, whether they occur or not. Nil
	// finds out how many there are and names them by their numbers.
	Classes []string
}

// ReadArrays reads features and labels from two files of one format, told by their first bytes,
// plain or gzip: IDX, that of MNIST, such as train-images-idx3-ubyte.gz and
// train-labels-idx1-ubyte.gz, or NPY, as numpy.save writes it.
//
//	features   [N, D], or [N, H, W] and more dimensions, which become D = H W …
//	labels     [N] or [N, 1] of whole numbers: classes 0 … K-1, K one more than the largest; IDX, of
//	           more dimensions, as in QMNIST: the first column counts;
//	           NPY [N, K]: a number for each class, see Columns
//
// Elements are of any type of IDX; of NPY floats of 2, 4 or 8 bytes, integers of 1 to 8, or bools.
// Unsigned bytes of IDX are divided by 255; all other features are what the file says: divide bytes
// of pictures by 255 yourself, or use a [Scaler]. They are float64 where float32 does not hold
// every number of the type, else float32. Arrays in Fortran order are read like others. Feature
// names are feature_0, feature_1, … or with more dimensions, and of IDX, pixel_0_0, pixel_0_1, ….
//
// Errors name the file: [ErrFormat] for a file that is damaged, of another type, ends early or goes
// on after its last byte, of neither format, and for one of each; [ErrEmpty] for an array without
// elements; [ErrShape] for other dimensions, different numbers of rows, more than 2²⁴ features a
// row, 2³¹ in all; [*RowError] for a feature that is not a finite float32, and with [ErrLabel] for
// a class that is no whole number, below 0 or too large for the number of rows or the Classes, a
// label that is negative, not finite or, of questions, above 1, a row whose sum is not 1 ± 0.001
// or, of votes, not finite and above 0; [ErrClasses] for fewer than two, or other than the Classes;
// [ErrParam] for one of Classes that is given twice; those of [FormatOf] and the system.
func ReadArrays(featuresPath, labelsPath string, opt ArrayOptions) (*Dataset, error) {
	f, err := arrayFormat(featuresPath)
	if err != nil {
		return nil, err
	}
	if other, err := arrayFormat(labelsPath); err != nil {
		return nil, err
	} else if other != f {
		return nil, inFile(labelsPath, fail(ErrFormat, "got %v labels for the %v features of %s, want two files "+
			"of one format", other, f, featuresPath))
	}
	return readArrays(f, featuresPath, labelsPath, opt)
}

// ReadPairFiles is [ReadArrays] of classes, or of columns that are shares.
func ReadPairFiles(featuresPath, labelsPath string) (*Dataset, error) {
	return ReadArrays(featuresPath, labelsPath, ArrayOptions{})
}

// ReadIDXFiles is [ReadPairFiles] of two IDX files.
func ReadIDXFiles(imagesPath, labelsPath string) (*Dataset, error) {
	return readArrays(FormatIDX, imagesPath, labelsPath, ArrayOptions{})
}

// ReadNPYFiles is [ReadPairFiles] of two NPY files.
func ReadNPYFiles(featuresPath, labelsPath string) (*Dataset, error) {
	return readArrays(FormatNPY, featuresPath, labelsPath, ArrayOptions{})
}

// readArrays is ReadArrays of two files of format f.
func readArrays(f Format, featuresPath, labelsPath string, opt ArrayOptions) (*Dataset, error) {
	d, err := readFeatureArray(f, featuresPath)
	if err != nil {
		return nil, err
	}
	labels, err := readArray(f, labelsPath)
	if err != nil {
		return nil, err
	}
	if err := d.putLabels(f, labels, opt); err != nil {
		return nil, inFile(labelsPath, err)
	}
	return d, nil
}

// ReadFeaturesFile reads the features of [ReadArrays] without labels, to predict them: a new tensor
// [N, D] float32 or float64. Errors: those of ReadArrays.
func ReadFeaturesFile(path string) (*tensor.Dense, error) {
	format, err := arrayFormat(path)
	if err != nil {
		return nil, err
	}
	d, err := readFeatureArray(format, path)
	if err != nil {
		return nil, err
	}
	return d.Features, nil
}

// readFeatureArray returns a dataset without labels.
func readFeatureArray(f Format, path string) (*Dataset, error) {
	a, err := readArray(f, path)
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	if err := d.putFeatures(f, a); err != nil {
		return nil, inFile(path, err)
	}
	return d, nil
}

// readArray reads a file of one of the two formats of arrays.
func readArray(f Format, path string) (*array.Array, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap("", err)
	}
	defer file.Close()
	read := npy.Read
	if f == FormatIDX {
		read = idx.Read
	}
	a, err := read(file)
	return a, inFile(path, err)
}

// maxPixels is the most features of a row of an array.
const maxPixels = 1 << 24

// putFeatures sets the features of a dataset and their names.
func (d *Dataset) putFeatures(f Format, a *array.Array) error {
	if len(a.Shape) < 2 {
		return fail(ErrShape, "features: got shape %v, want [N, D] or more dimensions (are these the labels? reshape(-1, 1) "+
			"makes one feature)", a.Shape)
	}
	n, width := a.Shape[0], a.RowSize()
	if width > maxPixels {
		return fail(ErrShape, "features: got shape %v, want at most %d features a row", a.Shape, maxPixels)
	}
	scale := 1.0
	if f == FormatIDX && a.Kind == 'u' {
		scale = 255
	}
	var err error
	if a.Width > 2 && (a.Kind != 'f' || a.Width > 4) { // numbers that float32 does not tell apart
		d.Features, err = arrayFeatures[float64](a, n, width, scale)
	} else {
		d.Features, err = arrayFeatures[float32](a, n, width, scale)
	}
	if err != nil {
		return err
	}
	if f == FormatIDX || len(a.Shape) > 2 {
		d.FeatureNames = pixelNames(a.Shape[1:])
		return nil
	}
	for j := range width {
		d.FeatureNames = append(d.FeatureNames, fmt.Sprint("feature_", j))
	}
	return nil
}

// arrayFeatures returns the elements of an array as features.
func arrayFeatures[T dense.Float](a *array.Array, n, width int, scale float64) (*tensor.Dense, error) {
	x, data, err := newMatrix[T]("features", n, width)
	if err != nil {
		return nil, err
	}
	return x, a.Rows(func(i int, row []float64) error {
		for j, v := range row {
			if !(math.Abs(v/scale) <= math.MaxFloat32) {
				return &RowError{Arg: "features", Row: i, Column: j, Got: fmt.Sprint(v), Want: "a finite number within float32"}
			}
			data[i*width+j] = T(v / scale)
		}
		return nil
	})
}

// putLabels sets the labels of a dataset that has its features, and the names of the classes.
func (d *Dataset) putLabels(f Format, a *array.Array, opt ArrayOptions) (err error) {
	if len(a.Shape) > 2 {
		return fail(ErrShape, "labels: got shape %v, want [N] or [N, K] (are these the features?)", a.Shape)
	}
	if n := d.Len(); a.Shape[0] != n {
		return fail(ErrShape, "labels: got %s, want %d as in the features", plural(a.Shape[0], "row"), n)
	}
	if err := noneTwice("Classes", "class", opt.Classes); err != nil {
		return err
	}
	classes := a.RowSize()
	switch hard := classes == 1 || f == FormatIDX; {
	case hard && (opt.Columns == ColumnsAreVotes || opt.Columns == ColumnsAreCounts):
		return fail(ErrShape, "labels: got shape %v, a class for each row, want a column of votes for each class", a.Shape)
	case hard:
		d.Labels, classes, err = hardLabels(a, len(opt.Classes))
	default:
		err = d.putLabelColumns(a, opt.Columns)
	}
	if opt.Classes != nil {
		if err == nil && classes != len(opt.Classes) {
			err = fail(ErrClasses, "labels: got %s, want %d: %s", plural(classes, "class"), len(opt.Classes), list(opt.Classes))
		}
		d.ClassNames = slices.Clone(opt.Classes)
		return err
	}
	for c := range classes {
		d.ClassNames = append(d.ClassNames, strconv.Itoa(c))
	}
	return err
}

// putLabelColumns sets the labels from an array with a column for each class.
func (d *Dataset) putLabelColumns(a *array.Array, are Columns) (err error) {
	k := a.RowSize()
	rows := make([]float64, 0, a.Shape[0]*k)
	err = a.Rows(func(i int, row []float64) error {
		sum := 0.0
		for _, v := range row {
			sum += v
		}
		isNumber := slices.Min(row) >= 0 && sum <= math.MaxFloat64 // what is none, softRows refuses
		if are == ColumnsAreShares && isNumber && math.Abs(sum-1) > sumTolerance {
			return &RowError{Arg: "labels", Row: i, Column: -1, Got: fmt.Sprintf("a sum of %.6g", sum), Want: "a sum of 1",
				Option: "Columns", Err: ErrLabel}
		}
		rows = append(rows, row...)
		return nil
	})
	if err != nil {
		return err
	}
	if are == ColumnsAreQuestions {
		d.Labels, err = questionRows(rows, k)
		return err
	}
	labels, totals, err := softRows(rows, k)
	if d.Labels = labels; are == ColumnsAreCounts {
		d.Counts = totals
	}
	return err
}

// The largest class is the larger of fewClasses-1 and the number of rows less 1, and at most
// maxClass: a larger one is an identifier or a quantity, and would make a row of labels as long.
const (
	fewClasses = 1 << 10
	maxClass   = 1<<16 - 1
)

// hardLabels returns the one-hot rows of the classes in the first column, and how many classes
// there are; 0 finds that out.
func hardLabels(a *array.Array, classes int) (*tensor.Dense, int, error) {
	index := make([]int, a.Shape[0])
	most := min(max(len(index), fewClasses)-1, maxClass)
	if classes > 0 {
		most = classes - 1
	}
	err := a.Rows(func(i int, row []float64) error {
		c := row[0]
		if !(c >= 0 && c <= float64(most)) || c != float64(int(c)) {
			return &RowError{Arg: "labels", Row: i, Column: -1, Got: fmt.Sprint(c), Want: fmt.Sprintf("a class in 0..%d", most),
				Err: ErrLabel}
		}
		index[i] = int(c)
		classes = max(classes, index[i]+1)
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	if classes < 2 {
		return nil, 0, fail(ErrClasses, "labels: got only the class 0, want at least 2 classes")
	}
	labels, err := oneHot(index, classes)
	return labels, classes, err
}
