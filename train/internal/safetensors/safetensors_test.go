package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rawFile returns the bytes of a file with any header and data.
func rawFile(header, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+data...)
}

// requireError asserts the type, the form and parts of the text of an error.
func requireError(t testing.TB, err error, parts ...string) {
	t.Helper()
	var e *Error
	require.True(t, errors.As(err, &e), "%T", err)
	require.Equal(t, "safetensors: "+e.Text, err.Error())
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(err.Error()), 500, err.Error())
	for _, p := range parts {
		require.Contains(t, err.Error(), p)
	}
}

func TestSafetensorsRoundTrip(t *testing.T) {
	specials := []float64{0, math.Copysign(0, -1), 1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1),
		math.NaN()}
	narrow := []float32{1, -2.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), 1e-40}
	whole := Tensor{Name: "whole", Dtype: "I64", Shape: []int64{}, Data: []byte{1, 2, 3, 4, 5, 6, 7, 8}}
	in := []Tensor{Singles("a.narrow", narrow, 2, 3), Doubles("wide", specials), whole, Singles("empty", nil, 0, 4)}
	metadata := map[string]string{"quote\"\n": "é <&> \u2028", "": ""}
	file := Encode(metadata, in)
	require.Equal(t, file, Encode(metadata, in), "a function of its arguments")
	require.NoError(t, checkSeal(file))

	// Aligned, and a header that encoding/json reads to the same.
	n := int(binary.LittleEndian.Uint64(file))
	require.Zero(t, n%8)
	var header map[string]any
	require.NoError(t, json.Unmarshal(file[8:8+n], &header))
	require.Len(t, header, 5)

	got, out, err := Parse(file)
	require.NoError(t, err)
	require.Len(t, got[sealKey], 64)
	delete(got, sealKey)
	require.Equal(t, metadata, got)
	require.Len(t, out, 4)
	byName := map[string]Tensor{}
	for _, x := range out {
		byName[x.Name] = x
	}
	for _, x := range in {
		require.Equal(t, x.Dtype, byName[x.Name].Dtype)
		require.Equal(t, x.Shape, byName[x.Name].Shape)
		require.True(t, bytes.Equal(x.Data, byName[x.Name].Data), x.Name)
	}
	require.Equal(t, narrow, byName["a.narrow"].Float32s())
	for i, v := range byName["wide"].Float64s() {
		require.Equal(t, math.Float64bits(specials[i]), math.Float64bits(v))
	}
	require.Equal(t, "wide", out[0].Name, "the widest elements first")
}

// What the reader takes although this package writes it otherwise: any order, any JSON spacing,
// escapes, no metadata, padding.
func TestSafetensorsAccepts(t *testing.T) {
	for name, file := range map[string][]byte{
		"nothing": rawFile(`{}`, ""),
		"padding": rawFile(`{}      `, ""),
		"empty":   rawFile(`{"__metadata__":{}}`, ""),
		"order": rawFile(`{"b":{"data_offsets":[4,8],"shape":[1],"dtype":"F32"}, `+
			`"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, "aaaabbbb"),
		"escape": rawFile(`{"\u0061\n":{"dtype":"I64","shape":[1,1,1],"data_offsets":[0,8]}}`, "aaaabbbb"),
		"no elements": rawFile(`{"a":{"dtype":"F32","shape":[9,0,9],"data_offsets":[4,4]},`+
			`"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "bbbb"),
		"large factor": rawFile(`{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],`+
			`"data_offsets":[0,0]}}`, ""),
	} {
		_, _, err := Parse(file)
		require.NoError(t, err, name)
	}
}

// wrongFile is a file and what is said of it.
type wrongFile struct {
	file []byte
	text string
}

// requireWrong wants every file to be refused.
func requireWrong(t *testing.T, files map[string]wrongFile) {
	t.Helper()
	for name, c := range files {
		_, out, err := Parse(c.file)
		require.Error(t, err, name)
		require.Nil(t, out, name)
		requireError(t, err, c.text)
	}
}

// entry are the members of a tensor in the header; one is a file with that one tensor.
func entry(dtype, shape, offsets string) string {
	return `"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets
}

func one(entry, data string) []byte { return rawFile(`{"a":{`+entry+`}}`, data) }

func TestHeaderErrors(t *testing.T) {
	good := one(entry("F32", "[2]", "[0,8]"), "12345678")
	for _, file := range [][]byte{good, rawFile("{}\n", "")} { // JSON's own spaces are part of the object's text
		_, _, err := Parse(file)
		require.NoError(t, err)
	}
	requireWrong(t, map[string]wrongFile{
		"empty":       {nil, "is no safetensors file: got 0 bytes"},
		"seven bytes": {good[:7], "got 7 bytes"},
		"header too long": {binary.LittleEndian.AppendUint64(nil, 1<<62),
			"got a header of 4611686018427387904 bytes in a file of 8 bytes"},
		"header negative": {binary.LittleEndian.AppendUint64(nil, math.MaxUint64),
			"got a header of 18446744073709551615 bytes"},
		"header by one":  {good[:len(good)-9], "cut off"},
		"header empty":   {rawFile("", "{}"), "got a header of 0 bytes"},
		"spaces only":    {rawFile("    ", ""), "want a JSON object"},
		"space first":    {rawFile(" {}", ""), "want a JSON object"},
		"zero padding":   {rawFile("{}\x00\x00", ""), "want a JSON object"},
		"list":           {rawFile("[]", ""), "want a JSON object"},
		"cut JSON":       {rawFile(`{"a":{`, ""), "want a JSON object"},
		"two objects":    {rawFile(`{}{}`, ""), "want a JSON object"},
		"trailing comma": {rawFile(`{"__metadata__":{},}`, ""), "want a JSON object"},
		"not UTF-8":      {rawFile("{\"__metadata__\":{\"a\":\"\xff\"}}", ""), "not UTF-8"},
		"data cut":       {good[:len(good)-1], "want a range within the 7 bytes of data"},
		"data left":      {append(bytes.Clone(good), 0), "got 1 byte behind the last tensor"},
		"name twice": {rawFile(`{"a":{`+entry("F32", "[0]", "[0,0]")+`},"\u0061":{`+entry("F32", "[0]",
			"[0,0]")+`}}`, ""), `got the key "a" twice`},
		"metadata twice":  {rawFile(`{"__metadata__":{},"__metadata__":{}}`, ""), "twice"},
		"metadata key":    {rawFile(`{"__metadata__":{"k":"1","k":"2"}}`, ""), `got the key "k" twice`},
		"metadata number": {rawFile(`{"__metadata__":{"k":1}}`, ""), "got 1, want a string"},
		"metadata null":   {rawFile(`{"__metadata__":null}`, ""), "want {"},
		"metadata object": {rawFile(`{"__metadata__":{"k":{}}}`, ""), "want a string"},
		"entry number":    {rawFile(`{"a":1}`, ""), "got 1, want {"},
		"entry list":      {rawFile(`{"a":[]}`, ""), "got [, want {"},
	})
}

func TestEntryErrors(t *testing.T) {
	requireWrong(t, map[string]wrongFile{
		"member unknown":   {one(`"x":1,`+entry("F32", "[2]", "[0,8]"), "12345678"), `got the key "x"`},
		"member missing":   {one(`"dtype":"F32","shape":[2]`, "12345678"), "got 2 keys"},
		"member twice":     {one(`"dtype":"F32","dtype":"F32","shape":[2]`, "12345678"), `got the key "dtype" twice`},
		"dtype F16":        {one(entry("F16", "[4]", "[0,8]"), "12345678"), `got dtype "F16"`},
		"dtype lower":      {one(entry("f32", "[2]", "[0,8]"), "12345678"), `got dtype "f32"`},
		"dtype null":       {one(`"dtype":null,"shape":[2],"data_offsets":[0,8]`, "12345678"), "want a string"},
		"shape number":     {one(entry("F32", "2", "[0,8]"), "12345678"), "got 2, want ["},
		"shape negative":   {one(entry("F32", "[-2]", "[0,8]"), "12345678"), "got -2, want"},
		"shape minus zero": {one(entry("F32", "[-0]", "[0,0]"), ""), "got -0, want"},
		"shape float":      {one(entry("F32", "[2.0]", "[0,8]"), "12345678"), "got 2.0, want"},
		"shape exponent":   {one(entry("F32", "[2e0]", "[0,8]"), "12345678"), "got 2e0, want"},
		"shape text":       {one(entry("F32", `["2"]`, "[0,8]"), "12345678"), `got "2", want`},
		"shape 2^64": {one(entry("F32", "[18446744073709551618]", "[0,8]"), "12345678"),
			"want at most 8 whole numbers"},
		"shape nested":      {one(entry("F32", "[[2]]", "[0,8]"), "12345678"), "got [, want"},
		"shape long":        {one(entry("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "12345678"), "want at most 8"},
		"shape overflow":    {one(entry("F32", "[4611686018427387905,2,2]", "[0,8]"), "12345678"), "not those of shape"},
		"shape overflow 64": {one(entry("F64", "[2305843009213693953]", "[0,8]"), "12345678"), "not those of shape"},
		"too few bytes":     {one(entry("F32", "[3]", "[0,8]"), "12345678"), "not those of shape [3] of F32"},
		"too many bytes":    {one(entry("F32", "[1]", "[0,8]"), "12345678"), "not those of shape [1]"},
		"scalar":            {one(entry("F32", "[]", "[0,8]"), "12345678"), "not those of shape []"},
		"one offset":        {one(entry("F32", "[2]", "[8]"), "12345678"), "got 1 number, want 2"},
		"three offsets":     {one(entry("F32", "[2]", "[0,8,8]"), "12345678"), "got 8, want at most 2"},
		"offsets swapped":   {one(entry("F32", "[2]", "[8,0]"), "12345678"), "[8, 0]"},
		"offsets outside":   {one(entry("F32", "[2]", "[8,16]"), "12345678"), "[8, 16]"},
		"offsets huge": {one(entry("F32", "[2]", "[9223372036854775800,9223372036854775807]"), "12345678"),
			"want a range within"},
		"gap in front": {one(entry("F32", "[1]", "[4,8]"), "12345678"), "begins at 4, want 0: a gap"},
		"gap": {rawFile(`{"a":{`+entry("F32", "[1]", "[0,4]")+`},"b":{`+entry("F32", "[1]",
			"[8,12]")+`}}`, "123456789012"), "begins at 8, want 4"},
		"overlap": {rawFile(`{"a":{`+entry("F32", "[2]", "[0,8]")+`},"b":{`+entry("F32", "[2]",
			"[4,12]")+`}}`, "123456789012"), "within the tensor before it"},
		"the same place": {rawFile(`{"a":{`+entry("F32", "[2]", "[0,8]")+`},"b":{`+entry("F32", "[2]",
			"[0,8]")+`}}`, "12345678"), "within the tensor before it"},
		"deep": {rawFile(`{"a":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`, ""), "want"},
	})
}

func FuzzSafetensors(f *testing.F) {
	for _, seed := range [][]byte{
		nil, rawFile(`{}`, ""),
		rawFile(`{"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "12345678"),
		Encode(map[string]string{"k": "v"}, []Tensor{Singles("s", []float32{1, 2}, 2), Doubles("d", []float64{3})}),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		metadata, tensors, err := Parse(file)
		if err != nil {
			requireError(t, err)
			return
		}
		total := 0
		for _, x := range tensors {
			total += len(x.Data)
		}
		require.LessOrEqual(t, total+10, len(file))
		// What was read can be written, and reads back as itself.
		delete(metadata, sealKey)
		again, others, err := Parse(Encode(metadata, tensors))
		require.NoError(t, err)
		delete(again, sealKey)
		require.Equal(t, len(metadata), len(again))
		require.Equal(t, len(tensors), len(others))
	})
}
