package demotest

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"math/bits"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/encoding/protowire"
)

// Event is what a reader of an event file finds.
type Event struct {
	Seconds float64
	Version string
	Step    uint64
	Scalars map[string]float32
}

// fields splits a message of protocol buffers into its fields.
func fields(t *testing.T, b []byte, visit func(field protowire.Number, number uint64, data []byte)) {
	t.Helper()
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		require.Positive(t, n)
		b = b[n:]
		var number uint64
		var data []byte
		switch kind {
		case protowire.VarintType:
			number, n = protowire.ConsumeVarint(b)
		case protowire.Fixed64Type:
			number, n = protowire.ConsumeFixed64(b)
		case protowire.Fixed32Type:
			var x uint32
			x, n = protowire.ConsumeFixed32(b)
			number = uint64(x)
		default:
			data, n = protowire.ConsumeBytes(b)
		}
		require.Positive(t, n)
		visit(field, number, data)
		b = b[n:]
	}
}

// Events reads all event files of a folder and checks their checksums.
func Events(t *testing.T, dir string) (out []Event) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	require.NoError(t, err)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		for len(b) > 0 {
			size := binary.LittleEndian.Uint64(b)
			require.Equal(t, checksum(b[:8]), binary.LittleEndian.Uint32(b[8:]))
			data := b[12 : 12+size]
			require.Equal(t, checksum(data), binary.LittleEndian.Uint32(b[12+size:]))
			b = b[16+size:]
			out = append(out, eventOf(t, data))
		}
	}
	return out
}

// eventOf returns the event of a record.
func eventOf(t *testing.T, record []byte) Event {
	t.Helper()
	e := Event{Scalars: map[string]float32{}}
	fields(t, record, func(field protowire.Number, number uint64, data []byte) {
		switch field {
		case 1:
			e.Seconds = math.Float64frombits(number)
		case 2:
			e.Step = number
		case 3:
			e.Version = string(data)
		case 5:
			fields(t, data, func(_ protowire.Number, _ uint64, value []byte) {
				tag, x := scalarOf(t, value)
				e.Scalars[tag] = x
			})
		}
	})
	return e
}

// scalarOf returns a value of a summary and the tag that names it.
func scalarOf(t *testing.T, value []byte) (tag string, x float32) {
	t.Helper()
	fields(t, value, func(field protowire.Number, number uint64, data []byte) {
		if field == 1 {
			tag = string(data)
		} else {
			x = math.Float32frombits(uint32(number))
		}
	})
	return tag, x
}

// checksum is that of TFRecord.
func checksum(data []byte) uint32 {
	crc := crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))
	return bits.RotateLeft32(crc, 17) + 0xa282ead8
}
