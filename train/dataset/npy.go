package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"

	"gorgonia.org/tensor"
)

// npyArray is the content of an .npy file.
type npyArray struct {
	npyHeader
	data []byte // as in the file
}

// The largest class of integer labels is the larger of fewNPYClasses-1 and the number of rows less 1, and at most maxNPYClass: a larger one
// is an identifier or a quantity, and would make a row of labels as long.
const (
	fewNPYClasses = 1 << 10
	maxNPYClass   = 1<<16 - 1
)

// ReadNPYFiles reads features and labels that NumPy saved, as numpy.save writes them, plain or gzip.
//
//	features   [N, D], or [N, H, W] and more dimensions, which become D = H W …; '<f4', '<f8', '<i4', '<i8' or '|u1'
//	labels     [N] of integers: classes 0 … K-1, K one more than the largest; or
//	           [N, K] of any of these types: soft labels or votes, each row divided by its sum
//
// Features are what the file says, as float32; divide bytes of pictures by 255 yourself, or use a [Scaler]. Arrays in Fortran order are read
// like others. Feature names are feature_0, feature_1, … or with more dimensions pixel_0_0, pixel_0_1, …; class names are numbers.
//
// Errors name the file: [ErrFormat] for a file that is damaged, of another type, ends early or goes on after its last byte; [ErrEmpty] for
// an array without elements; [ErrShape] for other dimensions and for different numbers of rows; [*RowError] for a feature that is not a
// finite float32, and with [ErrLabel] for a class below 0 or too large for so many rows, a label that is negative or not finite, a row without a finite
// sum above 0; [ErrDtype] for classes that are not integers; [ErrClasses] for fewer than two; those of the system.
//
// Source: numpy.lib.format, versions 1.0, 2.0 and 3.0.
func ReadNPYFiles(featuresPath, labelsPath string) (*Dataset, error) {
	x, err := readNPYFile(featuresPath)
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	if err := x.putFeatures(d); err != nil {
		return nil, inFile(featuresPath, err)
	}
	y, err := readNPYFile(labelsPath)
	if err != nil {
		return nil, err
	}
	if err := y.putLabels(d, x.shape[0]); err != nil {
		return nil, inFile(labelsPath, err)
	}
	return d, nil
}

func readNPYFile(path string) (*npyArray, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &failure{"dataset: " + err.Error(), []error{err}}
	}
	defer f.Close()
	a, err := readNPY(f)
	return a, inFile(path, err)
}

// readNPY reads one file, plain or gzip, to its end. It allocates as the content arrives, so that a header's claim costs nothing.
func readNPY(r io.Reader) (*npyArray, error) {
	plain, err := gunzip(r)
	if err != nil {
		return nil, err
	}
	header, err := readNPYHeader(plain)
	if err != nil {
		return nil, err
	}
	size := header.width()
	for axis, n := range header.shape {
		if n == 0 {
			return nil, fail(ErrEmpty, "npy: got size 0 in dimension %d, want at least 1", axis)
		}
		if n > math.MaxInt32/size {
			return nil, fail(ErrFormat, "npy: got shape %v, want less than 2^31 bytes of data", header.shape)
		}
		size *= n
	}
	var data bytes.Buffer
	got, err := io.CopyN(&data, plain, int64(size))
	if err != nil {
		return nil, npyEnds(err, fmt.Sprintf("%d of %d bytes of data", got, size))
	}
	switch _, err := plain.ReadByte(); {
	case err == nil:
		return nil, fail(ErrFormat, "npy: got more than %d bytes of data, want the end of the file after shape %v", size, header.shape)
	case err != io.EOF:
		return nil, npyEnds(err, "all of its data")
	}
	return &npyArray{*header, data.Bytes()}, nil
}

// width returns the bytes of an element.
func (h *npyHeader) width() int { return int(h.descr[2] - '0') }

// integers reports whether the elements are integers.
func (h *npyHeader) integers() bool { return h.descr[1] != 'f' }

// element returns the element at a position of the data.
func (a *npyArray) element(at int) float64 {
	switch a.descr {
	case "|u1":
		return float64(a.data[at])
	case "<i4":
		return float64(int32(binary.LittleEndian.Uint32(a.data[4*at:])))
	case "<i8":
		return float64(int64(binary.LittleEndian.Uint64(a.data[8*at:])))
	case "<f4":
		return float64(math.Float32frombits(binary.LittleEndian.Uint32(a.data[4*at:])))
	default: // "<f8": the header has no other
		return math.Float64frombits(binary.LittleEndian.Uint64(a.data[8*at:]))
	}
}

// rows calls f for each row of the first dimension, with the elements of its other dimensions in C order.
func (a *npyArray) rows(f func(i int, row []float64) error) error {
	n, width := a.shape[0], 1
	for _, size := range a.shape[1:] {
		width *= size
	}
	first, places := width, make([]int, width) // of element j of row i: i first + places[j]
	for j := range places {
		places[j] = j
	}
	if a.fortran {
		first = 1
		for j := range places {
			at, step := 0, n*width
			for axis, rest := len(a.shape)-1, j; axis > 0; axis-- {
				step /= a.shape[axis]
				at += rest % a.shape[axis] * step
				rest /= a.shape[axis]
			}
			places[j] = at
		}
	}
	row := make([]float64, width)
	for i := range n {
		for j, at := range places {
			row[j] = a.element(i*first + at)
		}
		if err := f(i, row); err != nil {
			return err
		}
	}
	return nil
}

// putFeatures sets the features of a dataset and their names.
func (a *npyArray) putFeatures(d *Dataset) error {
	if len(a.shape) < 2 {
		return fail(ErrShape, "npy: features: got shape %v, want [N, D] (are these the labels? reshape(-1, 1) makes one feature)", a.shape)
	}
	n, width := a.shape[0], 1
	for _, size := range a.shape[1:] {
		width *= size
	}
	if width > maxPixels {
		return fail(ErrShape, "npy: features: got shape %v, want at most %d features a row", a.shape, maxPixels)
	}
	x, data, err := newMatrix("npy: features", n, width)
	if err != nil {
		return err
	}
	err = a.rows(func(i int, row []float64) error {
		for j, v := range row {
			if !finite(float64(float32(v))) {
				return &RowError{"features", i, j, fmt.Sprint(v), "a finite number within float32", nil}
			}
			data[i*width+j] = float32(v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	d.Features = x
	if len(a.shape) > 2 {
		d.FeatureNames = pixelNames(a.shape[1:])
		return nil
	}
	for j := range width {
		d.FeatureNames = append(d.FeatureNames, fmt.Sprint("feature_", j))
	}
	return nil
}

// putLabels sets the labels of a dataset of n rows and their names.
func (a *npyArray) putLabels(d *Dataset, n int) error {
	if len(a.shape) != 1 && len(a.shape) != 2 {
		return fail(ErrShape, "npy: labels: got shape %v, want [N] or [N, K] (are these the features?)", a.shape)
	}
	if a.shape[0] != n {
		return fail(ErrShape, "npy: labels: got %s, want %d as in the features", plural(a.shape[0], "row"), n)
	}
	classes, err := 0, error(nil)
	if len(a.shape) == 1 {
		d.Labels, classes, err = a.hardLabels()
	} else {
		d.Labels, classes, err = a.softLabels()
	}
	for c := range classes {
		d.ClassNames = append(d.ClassNames, fmt.Sprint(c))
	}
	return err
}

// hardLabels returns the one-hot rows of classes [N], and how many classes there are.
func (a *npyArray) hardLabels() (*tensor.Dense, int, error) {
	if !a.integers() {
		return nil, 0, fail(ErrDtype, "npy: labels: got %s of shape %v, want integers, the classes: y.astype(int), or soft labels [N, K]", a.descr, a.shape)
	}
	index, classes := make([]int, a.shape[0]), 0
	most := min(max(len(index), fewNPYClasses)-1, maxNPYClass)
	for i := range index {
		v := a.element(i)
		if !(v >= 0 && v <= float64(most)) {
			return nil, 0, &RowError{"labels", i, -1, fmt.Sprintf("%.0f", v), fmt.Sprintf("a class in 0..%d", most), ErrLabel}
		}
		index[i] = int(v)
		classes = max(classes, index[i]+1)
	}
	if classes < 2 {
		return nil, 0, fail(ErrClasses, "npy: labels: got only the class 0, want at least 2 classes")
	}
	labels, err := OneHot(index, classes)
	return labels, classes, err
}

// softLabels returns rows [N, K] divided by their sums.
func (a *npyArray) softLabels() (*tensor.Dense, int, error) {
	n, k := a.shape[0], a.shape[1]
	if k < 2 {
		return nil, 0, fail(ErrClasses, "npy: labels: got shape %v, want at least 2 classes (classes by number have shape [N]: y.ravel())", a.shape)
	}
	rows := make([]float64, 0, n*k)
	a.rows(func(_ int, row []float64) error {
		rows = append(rows, row...)
		return nil
	})
	labels, _, err := softRows("labels", rows, k)
	return labels, k, err
}
