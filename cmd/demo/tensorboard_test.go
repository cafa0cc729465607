package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/train"
)

// event is what a reader of an event file finds.
type event struct {
	seconds float64
	version string
	step    uint64
	scalars map[string]float32
}

// fields splits a message of protocol buffers into its fields; it knows the wire types 0, 1, 2 and 5.
func fields(t *testing.T, b []byte, visit func(field, number uint64, data []byte)) {
	t.Helper()
	for len(b) > 0 {
		key, n := binary.Uvarint(b)
		require.Positive(t, n)
		b = b[n:]
		var number uint64
		var data []byte
		switch key & 7 {
		case 0:
			number, n = binary.Uvarint(b)
			require.Positive(t, n)
		case 1:
			number, n = binary.LittleEndian.Uint64(b), 8
		case 5:
			number, n = uint64(binary.LittleEndian.Uint32(b)), 4
		case 2:
			size, m := binary.Uvarint(b)
			require.Positive(t, m)
			data, n = b[m:m+int(size)], m+int(size)
		default:
			require.Fail(t, "wire type", "%d", key&7)
		}
		visit(key>>3, number, data)
		b = b[n:]
	}
}

// readEvents reads all event files of a folder and checks their checksums.
func readEvents(t *testing.T, dir string) (out []event) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "events.out.tfevents.*"))
	require.NoError(t, err)
	for _, path := range paths {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		for len(b) > 0 {
			size := binary.LittleEndian.Uint64(b)
			require.Equal(t, maskedCRC(b[:8]), binary.LittleEndian.Uint32(b[8:]))
			data := b[12 : 12+size]
			require.Equal(t, maskedCRC(data), binary.LittleEndian.Uint32(b[12+size:]))
			b = b[16+size:]
			e := event{scalars: map[string]float32{}}
			fields(t, data, func(field, number uint64, data []byte) {
				switch field {
				case 1:
					e.seconds = math.Float64frombits(number)
				case 2:
					e.step = number
				case 3:
					e.version = string(data)
				case 5:
					fields(t, data, func(_, _ uint64, value []byte) {
						tag, number32 := "", float32(0)
						fields(t, value, func(field, number uint64, data []byte) {
							if field == 1 {
								tag = string(data)
							} else {
								number32 = math.Float32frombits(uint32(number))
							}
						})
						e.scalars[tag] = number32
					})
				}
			})
			out = append(out, e)
		}
	}
	return out
}

// The checksum of TFRecord of RFC 3720's 32 zero bytes, whose CRC32C is 0x8a9136aa.
func TestMaskedCRC(t *testing.T) {
	crc := uint32(0x8a9136aa)
	assert.Equal(t, (crc>>15|crc<<17)+0xa282ead8, maskedCRC(make([]byte, 32)))
}

func TestEventFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	e, err := newEventFile(dir, func() time.Time { return time.Unix(1000, 500_000_000) })
	require.NoError(t, err)
	require.NoError(t, e.addEpoch(train.Epoch{Epoch: 300, Loss: 1.5, Accuracy: 0.25, LearnRate: 0.125, Valid: &train.Metrics{Loss: 2, Accuracy: 0.5}}, watchedValidation))
	require.NoError(t, e.addEpoch(train.Epoch{Epoch: 301, Loss: 1}, watchedTest))
	require.NoError(t, e.file.Close())
	assert.Equal(t, []event{
		{1000.5, "brain.Event:2", 0, map[string]float32{}},
		{1000.5, "", 300, map[string]float32{"train/loss": 1.5, "train/accuracy": 0.25, "learn rate": 0.125, "validation/loss": 2, "validation/accuracy": 0.5}},
		{1000.5, "", 301, map[string]float32{"train/loss": 1, "train/accuracy": 0, "learn rate": 0}},
	}, readEvents(t, dir))
	assert.Error(t, e.add(1), "a file that is closed")
}

func TestTensorboardFlag(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "board")
	code, stdout, stderr := demo(t, "-data", "housing", "-epochs", "3", "-schedule", "cosine", "-noplots", "-tensorboard", dir, "-json", "-")
	require.Equal(t, exitDone, code, stderr)
	s, events := decode(t, []byte(stdout)), readEvents(t, dir)
	require.Len(t, events, 4)
	for i, e := range s.History {
		assert.Equal(t, uint64(i+1), events[i+1].step)
		assert.InDelta(t, float32(e.TrainLoss), events[i+1].scalars["train/loss"], 0)
		assert.InDelta(t, float32(e.TestAccuracy), events[i+1].scalars["test/accuracy"], 0)
	}
	assert.Less(t, events[3].scalars["learn rate"], events[1].scalars["learn rate"])

	require.NoError(t, os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o666))
	code, _, stderr = demo(t, "-epochs", "1", "-noplots", "-tensorboard", testdata(t, "shapes.csv"))
	assert.Equal(t, exitUsage, code)
	assert.Regexp(t, `^demo: -tensorboard .*shapes\.csv: .+; want a folder, or a name for a new one\n$`, stderr)
}
