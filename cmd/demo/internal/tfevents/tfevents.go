// Package tfevents writes event files for TensorBoard.
package tfevents

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
)

// File is an event file of TensorBoard: records of TFRecord framing, each an Event of
// tensorflow/core/util/event.proto.
//
//	record   length uint64, masked CRC of length, data, masked CRC of data; little-endian
//	mask     crc32c rotated right by 15 bits, + 0xa282ead8
//	Event    wall_time double = 1, step int64 = 2, file_version string = 3, summary Summary = 5
//	Summary  repeated Value = 1;  Value  tag string = 1, simple_value float = 2
type File struct {
	file *os.File
	now  func() time.Time
}

// Scalar is a number with its name.
type Scalar struct {
	Tag   string
	Value float64
}

// New makes a file of its own in a folder, where TensorBoard finds it by its name.
func New(dir string, now func() time.Time) (*File, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("events.out.tfevents.%d.%d.softloss", now().UnixNano(), os.Getpid())
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	e := &File{file, now}
	return e, e.event(protowire.AppendString(protowire.AppendTag(nil, 3, protowire.BytesType), "brain.Event:2"))
}

// Add writes numbers of one step.
func (e *File) Add(step int, scalars ...Scalar) error {
	fields := protowire.AppendVarint(protowire.AppendTag(nil, 2, protowire.VarintType), uint64(step))
	var summary []byte
	for _, s := range scalars {
		value := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), s.Tag)
		value = protowire.AppendTag(value, 2, protowire.Fixed32Type)
		value = protowire.AppendFixed32(value, math.Float32bits(float32(s.Value)))
		summary = protowire.AppendBytes(protowire.AppendTag(summary, 1, protowire.BytesType), value)
	}
	return e.event(protowire.AppendBytes(protowire.AppendTag(fields, 5, protowire.BytesType), summary))
}

// Close closes the file.
func (e *File) Close() error { return e.file.Close() }

// event writes an Event with the time and other fields.
func (e *File) event(fields []byte) error {
	seconds := float64(e.now().UnixNano()) / 1e9
	data := protowire.AppendFixed64(protowire.AppendTag(nil, 1, protowire.Fixed64Type), math.Float64bits(seconds))
	data = append(data, fields...)
	record := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	record = binary.LittleEndian.AppendUint32(record, maskedCRC(record))
	record = append(record, data...)
	_, err := e.file.Write(binary.LittleEndian.AppendUint32(record, maskedCRC(data)))
	return err
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC is the checksum of TFRecord.
func maskedCRC(data []byte) uint32 {
	crc := crc32.Checksum(data, castagnoli)
	return (crc>>15 | crc<<17) + 0xa282ead8
}
