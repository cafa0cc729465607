package train

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"softloss/train/dataset"
)

// mark is a checksum of numbers, CRC-32C of their bits: enough to notice other data, not to
// withstand an attack.
type mark uint32

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// floats adds numbers.
func (m *mark) floats(x []float32) {
	var buf [4096]byte
	for part := range slices.Chunk(x, len(buf)/4) {
		for i, v := range part {
			binary.LittleEndian.PutUint32(buf[4*i:], math.Float32bits(v))
		}
		*m = mark(crc32.Update(uint32(*m), castagnoli, buf[:4*len(part)]))
	}
}

// String returns the checksum with its kind.
func (m mark) String() string { return fmt.Sprintf("crc32c %08x", uint32(m)) }

// setMark returns sizes and checksum of a set, "" without one.
func setMark(set *dataset.Dataset) (string, error) {
	if set == nil {
		return "", nil
	}
	var m mark
	for _, t := range []*tensor.Dense{set.Features, set.Labels} {
		x, err := matrixOf("table", t)
		if err != nil {
			return "", err
		}
		m.floats(x.Data)
	}
	for _, c := range set.Counts {
		bits := math.Float64bits(c)
		m.floats([]float32{math.Float32frombits(uint32(bits)), math.Float32frombits(uint32(bits >> 32))})
	}
	return fmt.Sprintf("%d rows, %d features, %d classes, %v", set.Len(), set.NumFeatures(), set.NumClasses(), m), nil
}
