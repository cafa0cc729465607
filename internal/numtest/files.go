package numtest

import (
	"bytes"
	"compress/gzip"
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

// Allocated returns how many bytes f allocates, all goroutines counted.
func Allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
