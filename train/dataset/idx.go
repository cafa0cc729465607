package dataset

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
)

// IDX is the content of an idx-ubyte file, the format of MNIST and
// Fashion-MNIST.
type IDX struct {
	Shape []int  // 1 to 8 sizes, each 1 or more
	Data  []byte // as many bytes as the sizes' product, row-major
}

const (
	idxUbyte   = 0x08    // the type code of unsigned bytes
	maxIDXDims = 8       // dimensions accepted
	maxPixels  = 1 << 24 // per image
)

// ReadIDX reads one idx-ubyte file, plain or gzip: two zero bytes, the type
// 0x08, the number of dimensions, their sizes as big-endian uint32, and the
// bytes. It allocates as the content arrives, so that a header's claim costs
// nothing, and reads to the end, so that a gzip checksum is checked.
//
// Errors: [ErrFormat] for a foreign header, another type, a file that ends
// early or goes on after its last byte, 2³¹ bytes or more, or damaged gzip
// data; [ErrEmpty] for a size of 0; [ErrParam] for a nil reader; errors of r.
func ReadIDX(r io.Reader) (*IDX, error) {
	if r == nil {
		return nil, fail(ErrParam, "reader: got nil, want one")
	}
	plain, err := gunzip(r)
	if err != nil {
		return nil, err
	}
	shape, size, err := readIDXHeader(plain)
	if err != nil {
		return nil, err
	}
	var data bytes.Buffer
	got, err := io.CopyN(&data, plain, int64(size))
	if err != nil {
		return nil, idxEnds(err, fmt.Sprintf("%d of %d bytes of data", got, size))
	}
	switch _, err := plain.ReadByte(); {
	case err == nil:
		return nil, fail(ErrFormat, "idx: got more than %d bytes of data, want the end of the file after shape %v", size, shape)
	case err != io.EOF:
		return nil, idxEnds(err, "all of its data")
	}
	return &IDX{Shape: shape, Data: data.Bytes()}, nil
}

func readIDXHeader(r *bufio.Reader) (shape []int, size int, err error) {
	var magic [4]byte
	if n, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, 0, idxEnds(err, fmt.Sprintf("%d of the 4 bytes that an idx file begins with", n))
	}
	dims := int(magic[3])
	switch {
	case magic[0] != 0 || magic[1] != 0:
		return nil, 0, fail(ErrFormat, "idx: got a file that begins with % x, want 00 00 08 and the number of dimensions", magic)
	case magic[2] != idxUbyte:
		return nil, 0, fail(ErrFormat, "idx: got data of type 0x%02x, want 0x08, unsigned bytes", magic[2])
	case dims < 1 || dims > maxIDXDims:
		return nil, 0, fail(ErrFormat, "idx: got %d dimensions, want 1 to %d", dims, maxIDXDims)
	}
	sizes := make([]byte, 4*dims)
	if n, err := io.ReadFull(r, sizes); err != nil {
		return nil, 0, idxEnds(err, fmt.Sprintf("%d of %d bytes of sizes", n, len(sizes)))
	}
	size = 1
	for axis := range dims {
		n := binary.BigEndian.Uint32(sizes[4*axis:])
		if n == 0 {
			return nil, 0, fail(ErrEmpty, "idx: got size 0 in dimension %d, want at least 1", axis)
		}
		if int64(n) > int64(math.MaxInt32)/int64(size) {
			return nil, 0, fail(ErrFormat, "idx: got sizes %v and then %d, want less than 2^31 bytes of data", shape, n)
		}
		size *= int(n)
		shape = append(shape, int(n))
	}
	return shape, size, nil
}

// idxEnds is the error of a read that failed after what got describes.
func idxEnds(err error, got string) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return &failure{"dataset: idx: the file ends after " + got, []error{ErrFormat, io.ErrUnexpectedEOF}}
	}
	if errors.Is(err, ErrFormat) {
		return err
	}
	return &failure{"dataset: idx: " + err.Error(), []error{err}}
}

// FromIDX makes a dataset of images and labels: features are the bytes divided
// by 255, labels are one-hot over the classes 0 to the largest label.
//
// Shapes: images [N, …], usually [N, rows, columns]; labels [N]. Feature names
// are pixel_ and the indices, such as pixel_0_27; class names are numbers.
//
// Errors: [ErrParam] for nil, [ErrShape] for labels with more than one
// dimension, images with only one or with more than 2²⁴ pixels each, different
// numbers of images and labels, data that is no product of its sizes, or 2³¹
// features or more in all; [ErrClasses] when every label is 0.
func FromIDX(images, labels *IDX) (*Dataset, error) {
	n, err := checkIDX(images, labels)
	if err != nil {
		return nil, err
	}
	classes := int(slices.Max(labels.Data)) + 1
	if classes < 2 {
		return nil, fail(ErrClasses, "labels: got only the class 0, want at least 2 classes")
	}
	d := &Dataset{}
	if err := images.putFeatures(d); err != nil {
		return nil, err
	}
	index := make([]int, n)
	for i, b := range labels.Data {
		index[i] = int(b)
	}
	for c := range classes {
		d.ClassNames = append(d.ClassNames, fmt.Sprint(c))
	}
	d.Labels, err = OneHot(index, classes)
	return d, err
}

// putFeatures sets the features of a dataset, and their names, to images that were checked.
func (x *IDX) putFeatures(d *Dataset) error {
	features, data, err := newMatrix("images", x.Shape[0], len(x.Data)/x.Shape[0])
	if err != nil {
		return err
	}
	for i, b := range x.Data {
		data[i] = float32(b) / 255
	}
	d.Features, d.FeatureNames = features, pixelNames(x.Shape[1:])
	return nil
}

// checkIDX returns the number of rows of a fitting pair.
func checkIDX(images, labels *IDX) (int, error) {
	if err := images.checkImages(); err != nil {
		return 0, err
	}
	if err := labels.check("labels"); err != nil {
		return 0, err
	}
	switch {
	case len(labels.Shape) != 1:
		return 0, fail(ErrShape, "labels: got shape %v, want 1 dimension (are these the images?)", labels.Shape)
	case images.Shape[0] != labels.Shape[0]:
		return 0, fail(ErrShape, "labels: got %s, want %d, one for each image", plural(labels.Shape[0], "label"), images.Shape[0])
	}
	return images.Shape[0], nil
}

// check wants as much data as the shape says.
func (x *IDX) check(arg string) error {
	if x == nil {
		return fail(ErrParam, "%s: got nil, want the content of an idx file", arg)
	}
	size := 1
	for _, s := range x.Shape {
		if s < 1 || s > math.MaxInt32/size {
			return fail(ErrShape, "%s: got shape %v, want sizes of at least 1 with a product below 2^31", arg, x.Shape)
		}
		size *= s
	}
	if size != len(x.Data) {
		return fail(ErrShape, "%s: got %s for shape %v, want %d", arg, plural(len(x.Data), "byte"), x.Shape, size)
	}
	return nil
}

// checkImages wants images.
func (x *IDX) checkImages() error {
	if err := x.check("images"); err != nil {
		return err
	}
	switch {
	case len(x.Shape) < 2:
		return fail(ErrShape, "images: got shape %v, want 2 dimensions or more (are these the labels?)", x.Shape)
	case len(x.Data)/x.Shape[0] > maxPixels:
		return fail(ErrShape, "images: got shape %v, want at most %d pixels an image", x.Shape, maxPixels)
	}
	return nil
}

// ReadIDXFiles reads a file of images and the file of their labels, plain or
// gzip, such as train-images-idx3-ubyte.gz and train-labels-idx1-ubyte.gz; see
// [ReadIDX] and [FromIDX] for what it gives and refuses. Errors name the file.
func ReadIDXFiles(imagesPath, labelsPath string) (*Dataset, error) {
	images, err := readIDXFile(imagesPath)
	if err != nil {
		return nil, err
	}
	labels, err := readIDXFile(labelsPath)
	if err != nil {
		return nil, err
	}
	d, err := FromIDX(images, labels)
	return d, inFile(imagesPath+" and "+labelsPath, err)
}

func readIDXFile(path string) (*IDX, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &failure{"dataset: " + err.Error(), []error{err}}
	}
	defer f.Close()
	idx, err := ReadIDX(f)
	return idx, inFile(path, err)
}
