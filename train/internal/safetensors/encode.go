package safetensors

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"softloss/internal/phrase"
	"softloss/train/internal/exactjson"
)

// Encode returns the bytes of a sealed file: those of a function of its arguments, the order of the
// tensors aside. The tensors' names differ and are UTF-8, as are the metadata.
func Encode(metadata map[string]string, tensors []Tensor) []byte {
	var h bytes.Buffer
	h.WriteString(sealStart + string(bytes.Repeat([]byte{'0'}, 2*sha256.Size)) + `"`)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		h.WriteString("," + exactjson.Quote(key) + ":" + exactjson.Quote(metadata[key]))
	}
	h.WriteByte('}')
	// The widest elements first, so that all are aligned.
	tensors = slices.SortedStableFunc(slices.Values(tensors), func(a, b Tensor) int {
		return cmp.Compare(widths[b.Dtype],
			widths[a.Dtype])
	})
	size := 0
	for _, t := range tensors {
		entry, _ := json.Marshal(struct { // cannot fail: texts and numbers
			Dtype   string  `json:"dtype"`
			Shape   []int64 `json:"shape"`
			Offsets [2]int  `json:"data_offsets"`
		}{t.Dtype, t.Shape, [2]int{size, size + len(t.Data)}})
		h.WriteString("," + exactjson.Quote(t.Name) + ":" + string(entry))
		size += len(t.Data)
	}
	h.WriteByte('}')
	for h.Len()%8 != 0 {
		h.WriteByte(' ')
	}
	out := make([]byte, 0, 8+h.Len()+size)
	out = binary.LittleEndian.AppendUint64(out, uint64(h.Len()))
	out = append(out, h.Bytes()...)
	for _, t := range tensors {
		out = append(out, t.Data...)
	}
	Seal(out)
	return out
}

// Seal writes the checksum that the content of a file asks for in its place, if the file is long
// enough to have one.
func Seal(file []byte) {
	if len(file) >= sealEnd {
		sum := sealOf(file)
		copy(file[sealAt:], sum[:])
	}
}

// sealOf returns the checksum of a file of at least sealEnd bytes, in hexadecimal digits.
func sealOf(file []byte) (sum [2 * sha256.Size]byte) {
	h := sha256.New()
	h.Write(file[:sealAt])
	h.Write(bytes.Repeat([]byte{'0'}, len(sum)))
	h.Write(file[sealEnd:])
	hex.Encode(sum[:], h.Sum(nil))
	return sum
}

// checkStart checks the first bytes of a file of that many bytes, as many of the first sealEnd as
// it has: the length of its header and, if sealed is set, the place of the checksum. It is all that
// is read of a foreign file.
func checkStart(start []byte, size int64, sealed bool) error {
	if len(start) < 8 {
		return fail("is no safetensors file: got %s, want one, which begins with 8 bytes of length",
			phrase.Plural(int(size), "byte"))
	}
	if n := binary.LittleEndian.Uint64(start); n > uint64(size-8) || n > maxHeader || n < 2 {
		return fail("is no safetensors file, or cut off: got a header of %d bytes in a file of %d bytes, want 2 to %d",
			n, size, min(max(size-8, 2), maxHeader))
	}
	if sealed && (len(start) < sealEnd || string(start[8:sealAt]) != sealStart) {
		return fail("got a header without a checksum in its place, want a file written by this package")
	}
	return nil
}

// checkSeal checks the checksum of a whole file whose start is right.
func checkSeal(file []byte) error {
	if sum := sealOf(file); !bytes.Equal(file[sealAt:sealEnd], sum[:]) {
		return fail("got content with another checksum (SHA-256) than the one written with it: damaged")
	}
	return nil
}
