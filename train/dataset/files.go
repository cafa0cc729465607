package dataset

import (
	"bufio"
	"os"

	"gorgonia.org/tensor"

	"softloss/train/dataset/internal/npy"
	"softloss/train/dataset/internal/source"
)

// Format is a kind of file that this package reads.
type Format int

const (
	FormatCSV Format = iota // text in columns, and whatever is neither of the others
	FormatIDX               // that of MNIST: see [ReadIDXFiles]
	FormatNPY               // that of NumPy: see [ReadNPYFiles]
)

// String returns the name of the format.
func (f Format) String() string {
	switch f {
	case FormatIDX:
		return "IDX"
	case FormatNPY:
		return "NPY"
	}
	return "CSV"
}

// FormatOf returns the format of a file, plain or gzip, told by its first bytes, not by its name.
// What is no regular file, such as a pipe, is not looked at, because reading would use it up: it is
// FormatCSV.
//
// Errors: those of the system; [ErrFormat] for a damaged gzip header and for a
// zip archive, such as an .npz file.
func FormatOf(path string) (Format, error) {
	if info, err := os.Stat(path); err != nil {
		return FormatCSV, inFile("", err)
	} else if !info.Mode().IsRegular() {
		return FormatCSV, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return FormatCSV, inFile("", err)
	}
	defer f.Close()
	plain, err := source.Open(f)
	if err != nil {
		return FormatCSV, inFile(path, err)
	}
	if start, _ := plain.Peek(len(zipMagic)); string(start) == zipMagic {
		return FormatCSV, fail(ErrFormat, "%s: got a zip archive (an .npz file of NumPy, a spreadsheet?), want an array "+
			"that numpy.save wrote, or text in columns", path)
	}
	return formatOf(plain), nil
}

// zipMagic begins a zip archive.
const zipMagic = "PK\x03\x04"

func formatOf(r *bufio.Reader) Format {
	start, _ := r.Peek(len(npy.Magic)) // what cannot be read is an error of the reader that comes next
	switch {
	case string(start) == npy.Magic:
		return FormatNPY
	case len(start) >= 4 && start[0] == 0 && start[1] == 0:
		return FormatIDX
	}
	return FormatCSV
}

// ReadPairFiles reads features and labels from two files of one format, IDX or
// NPY: [ReadIDXFiles] or [ReadNPYFiles].
//
// Errors: [ErrFormat] for a file of neither format and for one of each; those
// of FormatOf, ReadIDXFiles and ReadNPYFiles.
func ReadPairFiles(featuresPath, labelsPath string) (*Dataset, error) {
	return ReadPairFilesAs(featuresPath, labelsPath, nil)
}

// ReadPairFilesAs is [ReadPairFiles] with the names of the classes 0, 1, …, whether they occur or
// not; nil finds out how many there are.
//
// Errors: those of ReadPairFiles; [ErrLabel] for a class that is not among these, [ErrClasses] for
// another number of columns of soft labels.
func ReadPairFilesAs(featuresPath, labelsPath string, classes []string) (*Dataset, error) {
	var formats [2]Format
	for i, path := range []string{featuresPath, labelsPath} {
		var err error
		if formats[i], err = FormatOf(path); err != nil {
			return nil, err
		}
		if formats[i] == FormatCSV {
			return nil, inFile(path, fail(ErrFormat, "got a file that begins like neither, want IDX or NPY"))
		}
	}
	switch {
	case formats[0] != formats[1]:
		return nil, inFile(labelsPath, fail(ErrFormat, "got %v labels for the %v features of %s, want two files of one "+
			"format",
			formats[1], formats[0], featuresPath))
	}
	return readArrays(formats[0], featuresPath, labelsPath, classes)
}

// ReadFeaturesFile reads the features of [ReadPairFiles] without labels, to
// predict them: a new tensor [N, D] float32.
//
// Errors: [ErrFormat] for a file of another format; those of ReadPairFiles.
func ReadFeaturesFile(path string) (*tensor.Dense, error) {
	format, err := FormatOf(path)
	if err != nil {
		return nil, err
	}
	if format == FormatCSV {
		return nil, inFile(path, fail(ErrFormat, "got a file that begins like neither, want IDX or NPY"))
	}
	a, err := readArray(format, path)
	if err != nil {
		return nil, err
	}
	d := &Dataset{}
	err = d.putFeatures(format, a)
	return d.Features, inFile(path, err)
}
