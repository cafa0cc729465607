package tfevents

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/cmd/demo/internal/demotest"
)

// The checksum of TFRecord of RFC 3720's 32 zero bytes, whose CRC32C is 0x8a9136aa.
func TestMaskedCRC(t *testing.T) {
	crc := uint32(0x8a9136aa)
	assert.Equal(t, (crc>>15|crc<<17)+0xa282ead8, maskedCRC(make([]byte, 32)))
}

func TestEventFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	e, err := New(dir, func() time.Time { return time.Unix(1000, 500_000_000) })
	require.NoError(t, err)
	require.NoError(t, e.Add(300, Scalar{Tag: "train/loss", Value: 1.5}, Scalar{Tag: "test/accuracy", Value: 0.5}))
	require.NoError(t, e.Add(301, Scalar{Tag: "train/loss", Value: 1}))
	require.NoError(t, e.Close())
	assert.Equal(t, []demotest.Event{
		{Seconds: 1000.5, Version: "brain.Event:2", Scalars: map[string]float32{}},
		{Seconds: 1000.5, Step: 300, Scalars: map[string]float32{"train/loss": 1.5, "test/accuracy": 0.5}},
		{Seconds: 1000.5, Step: 301, Scalars: map[string]float32{"train/loss": 1}},
	}, demotest.Events(t, dir))
	assert.Error(t, e.Add(1), "a file that is closed")
}
