package numtest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"math"
	"runtime"
)

// Gzip packs the content of a file.
func Gzip[T string | []byte](content T) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b) // which cannot fail: the buffer takes all
	z.Write([]byte(content))
	z.Close()
	return b.Bytes()
}

// IDX returns the bytes of an idx-ubyte file.
func IDX[T string | []byte](data T, shape ...uint32) []byte {
	out := []byte{0, 0, 8, byte(len(shape))}
	for _, size := range shape {
		out = binary.BigEndian.AppendUint32(out, size)
	}
	return append(out, data...)
}

// NPYFile returns the bytes of an npy file of version 1 with any dictionary.
func NPYFile(dict string, data []byte) []byte {
	dict += "\n"
	out := binary.LittleEndian.AppendUint16([]byte("\x93NUMPY\x01\x00"), uint16(len(dict)))
	return append(append(out, dict...), data...)
}

// NPY returns the bytes of an npy file with numbers, in the order given.
func NPY[T int | int32 | int64 | uint8 | float32 | float64](descr, shape string, numbers ...T) []byte {
	var data []byte
	for _, v := range numbers {
		switch descr {
		case "|u1":
			data = append(data, byte(v))
		case "<i4":
			data = binary.LittleEndian.AppendUint32(data, uint32(int32(v)))
		case "<i8":
			data = binary.LittleEndian.AppendUint64(data, uint64(int64(v)))
		case "<f4":
			data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
		case "<f8":
			data = binary.LittleEndian.AppendUint64(data, math.Float64bits(float64(v)))
		}
	}
	return NPYFile("{'descr': '"+descr+"', 'fortran_order': False, 'shape': "+shape+", }", data)
}

// Allocated returns how many bytes f allocates, all goroutines counted.
func Allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
