package train

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
)

// The safetensors format (github.com/huggingface/safetensors, README, "Format"), all of it:
//
//	8 bytes    n, the length of the header, little-endian uint64
//	n bytes    the header, a JSON object in UTF-8 that begins with { and may end in spaces:
//	           {"__metadata__":{text:text, …},
//	            name:{"dtype":"F32","shape":[2,3],"data_offsets":[begin,end]}, …}
//	the rest   the tensors, row-major, little-endian; offsets count from here, and the tensors cover it without gaps
//
// What this package writes is sealed: the metadata begin with sha256, the SHA-256 of the whole file with '0' in the place of these 64
// digits. So every byte of a file is covered, header and length too, and any safetensors reader opens it as it is.

// stTensor is one tensor of a file.
type stTensor struct {
	name  string
	dtype string // a key of stSizes
	shape []int
	data  []byte
}

// stSizes are the dtypes that are read and written, with the bytes of an element.
var stSizes = map[string]int{"F32": 4, "F64": 8, "I64": 8}

const (
	stMetadata  = "__metadata__"
	stMaxHeader = 100_000_000 // that of the reference implementation
	stSealKey   = "sha256"
	stSealStart = `{"` + stMetadata + `":{"` + stSealKey + `":"` // how the header of a sealed file begins
	stSealAt    = 8 + len(stSealStart)
	stSealEnd   = stSealAt + 2*sha256.Size
)

// encodeSealed returns the bytes of a sealed file: those of a function of its arguments, the order of the tensors aside.
// The tensors' names differ and are UTF-8, as are the metadata.
func encodeSealed(metadata map[string]string, tensors []stTensor) []byte {
	var h bytes.Buffer
	h.WriteString(stSealStart + string(bytes.Repeat([]byte{'0'}, 2*sha256.Size)) + `"`)
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		h.WriteString("," + quoteJSON(key) + ":" + quoteJSON(metadata[key]))
	}
	h.WriteByte('}')
	// The widest elements first, so that all are aligned.
	tensors = slices.SortedStableFunc(slices.Values(tensors), func(a, b stTensor) int { return cmp.Compare(stSizes[b.dtype], stSizes[a.dtype]) })
	size := 0
	for _, t := range tensors {
		entry, _ := json.Marshal(struct { // cannot fail: texts and numbers
			Dtype   string `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{t.dtype, t.shape, [2]int{size, size + len(t.data)}})
		h.WriteString("," + quoteJSON(t.name) + ":" + string(entry))
		size += len(t.data)
	}
	h.WriteByte('}')
	for h.Len()%8 != 0 {
		h.WriteByte(' ')
	}
	out := make([]byte, 0, 8+h.Len()+size)
	out = binary.LittleEndian.AppendUint64(out, uint64(h.Len()))
	out = append(out, h.Bytes()...)
	for _, t := range tensors {
		out = append(out, t.data...)
	}
	sum := sealOf(out)
	copy(out[stSealAt:], sum[:])
	return out
}

// quoteJSON returns s as a JSON string.
func quoteJSON(s string) string {
	b, _ := json.Marshal(s) // cannot fail for a string
	return string(b)
}

// sealOf returns the checksum of a file of at least stSealEnd bytes, in hexadecimal digits.
func sealOf(file []byte) (sum [2 * sha256.Size]byte) {
	h := sha256.New()
	h.Write(file[:stSealAt])
	h.Write(bytes.Repeat([]byte{'0'}, len(sum)))
	h.Write(file[stSealEnd:])
	hex.Encode(sum[:], h.Sum(nil))
	return sum
}

// checkStart checks the first bytes of a file of so many bytes, as many of the first stSealEnd as it has: the length of its
// header and, if sealed is set, the place of the checksum. It is all that is read of a foreign file.
func checkStart(start []byte, size int64, sealed bool) error {
	if len(start) < 8 {
		return damaged("is no safetensors file: got %d bytes, want one, which begins with 8 bytes of length", size)
	}
	if n := binary.LittleEndian.Uint64(start); n > uint64(size-8) || n > stMaxHeader || n < 2 {
		return damaged("is no safetensors file, or cut off: got a header of %d bytes in a file of %d bytes, want 2 to %d",
			n, size, min(max(size-8, 2), stMaxHeader))
	}
	if sealed && (len(start) < stSealEnd || string(start[8:stSealAt]) != stSealStart) {
		return damaged("got a header without a checksum in its place, want a file written by this package")
	}
	return nil
}

// checkSeal checks the checksum of a whole file whose start is right.
func checkSeal(file []byte) error {
	if sum := sealOf(file); !bytes.Equal(file[stSealAt:stSealEnd], sum[:]) {
		return damaged("got content with another checksum (SHA-256) than the one written with it: damaged")
	}
	return nil
}
