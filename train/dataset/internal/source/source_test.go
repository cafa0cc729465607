package source

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/train/dataset/internal/fault"
)

func readAll(data []byte) (string, error) {
	r, err := Open(bytes.NewReader(data))
	if err != nil {
		return "", err
	}
	all, err := io.ReadAll(r)
	return string(all), err
}

func TestOpen(t *testing.T) {
	one, two := numtest.Gzip("one "), numtest.Gzip("two")
	for want, data := range map[string][]byte{
		"":        nil,
		"plain":   []byte("plain"),
		"one ":    one,
		"one two": append(bytes.Clone(one), two...),
		"two":     append(bytes.Clone(two), make([]byte, 512)...), // padded to a block
	} {
		got, err := readAll(data)
		require.NoError(t, err, want)
		require.Equal(t, want, got)
	}
	for text, data := range map[string][]byte{
		"gzip data: got bytes behind its end that are no gzip": append(bytes.Clone(one), "garbage"...),
		"bytes behind its end":                                 append(append(bytes.Clone(one), 0, 0), 7),
		"gzip data: ends early":                                one[:len(one)-1],
		"gzip data: got gzip: invalid header":                  {0x1f, 0x8b, 99, 0, 0, 0, 0, 0, 0, 0},
		"gzip data: got gzip: invalid checksum":                append(bytes.Clone(one[:len(one)-8]), 1, 2, 3, 4, 4, 0, 0, 0),
		"ends early, want":                                     append(bytes.Clone(one), two[:5]...),
	} {
		_, err := readAll(data)
		require.ErrorIs(t, err, fault.ErrFormat, text)
		require.ErrorContains(t, err, text)
	}
	_, err := Open(nil)
	require.ErrorIs(t, err, fault.ErrParam)
}

// What the reader below fails with is told wherever it does, between two members of a file, too.
func TestReaderFails(t *testing.T) {
	boom := errors.New("boom")
	data := append(numtest.Gzip("one "), numtest.Gzip("two")...)
	for n := range len(data) + 1 {
		r, err := Open(io.MultiReader(bytes.NewReader(data[:n]), iotest.ErrReader(boom)))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		require.ErrorIs(t, err, boom, "%d of %d bytes", n, len(data))
	}
}

// A file that unpacks to hundreds of times its size ends before the memory does.
func TestBomb(t *testing.T) {
	bomb := numtest.Gzip(make([]byte, 70<<20))
	r, err := Open(bytes.NewReader(bomb))
	require.NoError(t, err)
	n, err := io.Copy(io.Discard, r)
	require.ErrorIs(t, err, fault.ErrFormat)
	require.ErrorContains(t, err, "more than 400 times")
	require.Less(t, n, int64(smallEnough+(1<<20)))
	small := numtest.Gzip(strings.Repeat("0,0,0\n", 1<<20)) // as dense, but no harm
	_, err = readAll(small)
	require.NoError(t, err)
}

func TestEnds(t *testing.T) {
	for _, c := range []struct {
		err  error
		kind error
		text string
	}{
		{io.EOF, fault.ErrFormat, "dataset: test: the file ends after 3 bytes"},
		{io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, "dataset: test: the file ends after 3 bytes"},
		{fault.New(fault.ErrFormat, "gzip data: x"), fault.ErrFormat, "dataset: gzip data: x"},
		{io.ErrClosedPipe, io.ErrClosedPipe, "dataset: test: io: read/write on closed pipe"},
	} {
		err := Ends("test", c.err, "3 bytes")
		require.ErrorIs(t, err, c.kind)
		require.EqualError(t, err, c.text)
	}
}
