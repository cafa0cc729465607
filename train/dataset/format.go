package dataset

import (
	"bufio"
	"os"

	"softloss/train/dataset/internal/fault"
	"softloss/train/dataset/internal/npy"
	"softloss/train/dataset/internal/source"
)

// Format is a kind of file that this package reads.
type Format int

const (
	FormatCSV Format = iota // text in columns, and whatever is neither of the others
	FormatIDX               // that of MNIST: see [ReadArrays]
	FormatNPY               // that of NumPy: see [ReadArrays]
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
		return FormatCSV, fault.Wrap("", err)
	} else if !info.Mode().IsRegular() {
		return FormatCSV, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return FormatCSV, fault.Wrap("", err)
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

// arrayFormat is FormatOf a file that is wanted to be an array.
func arrayFormat(path string) (Format, error) {
	f, err := FormatOf(path)
	if err == nil && f == FormatCSV {
		err = inFile(path, fail(ErrFormat, "got a file that begins like neither, want IDX or NPY"))
	}
	return f, err
}
