package train

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

// stFile returns the bytes of a file with any header and data.
func stFile(header, data string) []byte {
	return append(binary.LittleEndian.AppendUint64(nil, uint64(len(header))), header+data...)
}

// reseal returns a copy of a file with the checksum that its content asks for, if it has the place for one.
func reseal(file []byte) []byte {
	file = bytes.Clone(file)
	if len(file) >= stSealEnd {
		sum := sealOf(file)
		copy(file[stSealAt:], sum[:])
	}
	return file
}

// requireFileError asserts the type, the form and parts of the text of an error.
func requireFileError(t testing.TB, err error, parts ...string) {
	t.Helper()
	require.ErrorIs(t, err, ErrFile)
	var e *FileError
	require.True(t, errors.As(err, &e), "%T", err)
	require.True(t, strings.HasPrefix(err.Error(), "train: "), err.Error())
	require.NotContains(t, err.Error(), "\n")
	require.Less(t, len(err.Error()), 500, err.Error())
	for _, p := range parts {
		require.Contains(t, err.Error(), p)
	}
}

func TestSafetensorsRoundTrip(t *testing.T) {
	specials := []float64{0, math.Copysign(0, -1), 1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1), math.NaN()}
	narrow := []float32{1, -2.5, math.MaxFloat32, math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)), 1e-40}
	whole := stTensor{name: "whole", dtype: "I64", shape: []int{}, data: []byte{1, 2, 3, 4, 5, 6, 7, 8}}
	in := []stTensor{singles("a.narrow", narrow, 2, 3), doubles("wide", specials), whole, singles("empty", nil, 0, 4)}
	metadata := map[string]string{"quote\"\n": "é <&> \u2028", "": ""}
	file := encodeSealed(metadata, in)
	require.Equal(t, file, encodeSealed(metadata, in), "a function of its arguments")
	require.NoError(t, checkSeal(file))

	// Aligned, and a header that encoding/json reads to the same.
	n := int(binary.LittleEndian.Uint64(file))
	require.Zero(t, n%8)
	var header map[string]any
	require.NoError(t, json.Unmarshal(file[8:8+n], &header))
	require.Len(t, header, 5)

	got, out, err := parseSafetensors(file)
	require.NoError(t, err)
	require.Len(t, got[stSealKey], 64)
	delete(got, stSealKey)
	require.Equal(t, metadata, got)
	require.Len(t, out, 4)
	byName := map[string]stTensor{}
	for _, x := range out {
		byName[x.name] = x
	}
	for _, x := range in {
		require.Equal(t, x.dtype, byName[x.name].dtype)
		require.Equal(t, x.shape, byName[x.name].shape)
		require.True(t, bytes.Equal(x.data, byName[x.name].data), x.name)
	}
	require.Equal(t, narrow, byName["a.narrow"].float32s())
	for i, v := range byName["wide"].float64s() {
		require.Equal(t, math.Float64bits(specials[i]), math.Float64bits(v))
	}
	require.Equal(t, "wide", out[0].name, "the widest elements first")
}

// What the reader takes although this package writes it otherwise: any order, any JSON spacing, escapes, no metadata, padding.
func TestSafetensorsAccepts(t *testing.T) {
	for name, file := range map[string][]byte{
		"nothing":      stFile(`{}`, ""),
		"padding":      stFile(`{}      `, ""),
		"empty":        stFile(`{"__metadata__":{}}`, ""),
		"order":        stFile(`{"b":{"data_offsets":[4,8],"shape":[1],"dtype":"F32"}, "a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, "aaaabbbb"),
		"escape":       stFile(`{"\u0061\n":{"dtype":"I64","shape":[1,1,1],"data_offsets":[0,8]}}`, "aaaabbbb"),
		"no elements":  stFile(`{"a":{"dtype":"F32","shape":[9,0,9],"data_offsets":[4,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`, "bbbb"),
		"large factor": stFile(`{"a":{"dtype":"F32","shape":[9223372036854775807,9223372036854775807,0],"data_offsets":[0,0]}}`, ""),
	} {
		_, _, err := parseSafetensors(file)
		require.NoError(t, err, name)
	}
}

func TestSafetensorsErrors(t *testing.T) {
	tensor := func(dtype, shape, offsets string) string {
		return `"dtype":"` + dtype + `","shape":` + shape + `,"data_offsets":` + offsets
	}
	one := func(entry, data string) []byte { return stFile(`{"a":{`+entry+`}}`, data) }
	good := one(tensor("F32", "[2]", "[0,8]"), "12345678")
	_, _, err := parseSafetensors(good)
	require.NoError(t, err)
	for name, c := range map[string]struct {
		file []byte
		text string
	}{
		"empty":             {nil, "is no safetensors file: got 0 bytes"},
		"seven bytes":       {good[:7], "got 7 bytes"},
		"header too long":   {binary.LittleEndian.AppendUint64(nil, 1<<62), "got a header of 4611686018427387904 bytes in a file of 8 bytes"},
		"header negative":   {binary.LittleEndian.AppendUint64(nil, math.MaxUint64), "got a header of 18446744073709551615 bytes"},
		"header by one":     {good[:len(good)-9], "cut off"},
		"header empty":      {stFile("", "{}"), "got a header of 0 bytes"},
		"spaces only":       {stFile("    ", ""), "want a JSON object"},
		"space first":       {stFile(" {}", ""), "want a JSON object"},
		"newline padding":   {stFile("{}\n", ""), ""},
		"zero padding":      {stFile("{}\x00\x00", ""), "want a JSON object"},
		"list":              {stFile("[]", ""), "want a JSON object"},
		"cut JSON":          {stFile(`{"a":{`, ""), "want a JSON object"},
		"two objects":       {stFile(`{}{}`, ""), "want a JSON object"},
		"trailing comma":    {stFile(`{"__metadata__":{},}`, ""), "want a JSON object"},
		"not UTF-8":         {stFile("{\"__metadata__\":{\"a\":\"\xff\"}}", ""), "not UTF-8"},
		"data cut":          {good[:len(good)-1], "want a range within the 7 bytes of data"},
		"data left":         {append(bytes.Clone(good), 0), "got 1 bytes behind the last tensor"},
		"name twice":        {stFile(`{"a":{`+tensor("F32", "[0]", "[0,0]")+`},"\u0061":{`+tensor("F32", "[0]", "[0,0]")+`}}`, ""), `got the key "a" twice`},
		"metadata twice":    {stFile(`{"__metadata__":{},"__metadata__":{}}`, ""), "twice"},
		"metadata key":      {stFile(`{"__metadata__":{"k":"1","k":"2"}}`, ""), `got the key "k" twice`},
		"metadata number":   {stFile(`{"__metadata__":{"k":1}}`, ""), "got 1, want a string"},
		"metadata null":     {stFile(`{"__metadata__":null}`, ""), "want {"},
		"metadata object":   {stFile(`{"__metadata__":{"k":{}}}`, ""), "want a string"},
		"entry number":      {stFile(`{"a":1}`, ""), "got 1, want {"},
		"entry list":        {stFile(`{"a":[]}`, ""), "got [, want {"},
		"member unknown":    {one(`"x":1,`+tensor("F32", "[2]", "[0,8]"), "12345678"), `got the key "x"`},
		"member missing":    {one(`"dtype":"F32","shape":[2]`, "12345678"), "got 2 keys"},
		"member twice":      {one(`"dtype":"F32","dtype":"F32","shape":[2]`, "12345678"), `got the key "dtype" twice`},
		"dtype F16":         {one(tensor("F16", "[4]", "[0,8]"), "12345678"), `got dtype "F16"`},
		"dtype lower":       {one(tensor("f32", "[2]", "[0,8]"), "12345678"), `got dtype "f32"`},
		"dtype null":        {one(`"dtype":null,"shape":[2],"data_offsets":[0,8]`, "12345678"), "want a string"},
		"shape number":      {one(tensor("F32", "2", "[0,8]"), "12345678"), "got 2, want ["},
		"shape negative":    {one(tensor("F32", "[-2]", "[0,8]"), "12345678"), "got -2, want"},
		"shape minus zero":  {one(tensor("F32", "[-0]", "[0,0]"), ""), "got -0, want"},
		"shape float":       {one(tensor("F32", "[2.0]", "[0,8]"), "12345678"), "got 2.0, want"},
		"shape exponent":    {one(tensor("F32", "[2e0]", "[0,8]"), "12345678"), "got 2e0, want"},
		"shape text":        {one(tensor("F32", `["2"]`, "[0,8]"), "12345678"), `got "2", want`},
		"shape 2^64":        {one(tensor("F32", "[18446744073709551618]", "[0,8]"), "12345678"), "want at most 8 whole numbers"},
		"shape nested":      {one(tensor("F32", "[[2]]", "[0,8]"), "12345678"), "got [, want"},
		"shape long":        {one(tensor("F32", "[1,1,1,1,1,1,1,1,2]", "[0,8]"), "12345678"), "want at most 8"},
		"shape overflow":    {one(tensor("F32", "[4611686018427387905,2,2]", "[0,8]"), "12345678"), "not those of shape"},
		"shape overflow 64": {one(tensor("F64", "[2305843009213693953]", "[0,8]"), "12345678"), "not those of shape"},
		"too few bytes":     {one(tensor("F32", "[3]", "[0,8]"), "12345678"), "not those of shape [3] of F32"},
		"too many bytes":    {one(tensor("F32", "[1]", "[0,8]"), "12345678"), "not those of shape [1]"},
		"scalar":            {one(tensor("F32", "[]", "[0,8]"), "12345678"), "not those of shape []"},
		"one offset":        {one(tensor("F32", "[2]", "[8]"), "12345678"), "got 1 numbers, want 2"},
		"three offsets":     {one(tensor("F32", "[2]", "[0,8,8]"), "12345678"), "got 8, want at most 2"},
		"offsets swapped":   {one(tensor("F32", "[2]", "[8,0]"), "12345678"), "[8, 0]"},
		"offsets outside":   {one(tensor("F32", "[2]", "[8,16]"), "12345678"), "[8, 16]"},
		"offsets huge":      {one(tensor("F32", "[2]", "[9223372036854775800,9223372036854775807]"), "12345678"), "want a range within"},
		"gap in front":      {one(tensor("F32", "[1]", "[4,8]"), "12345678"), "begins at 4, want 0: a gap"},
		"gap":               {stFile(`{"a":{`+tensor("F32", "[1]", "[0,4]")+`},"b":{`+tensor("F32", "[1]", "[8,12]")+`}}`, "123456789012"), "begins at 8, want 4"},
		"overlap":           {stFile(`{"a":{`+tensor("F32", "[2]", "[0,8]")+`},"b":{`+tensor("F32", "[2]", "[4,12]")+`}}`, "123456789012"), "within the tensor before it"},
		"the same place":    {stFile(`{"a":{`+tensor("F32", "[2]", "[0,8]")+`},"b":{`+tensor("F32", "[2]", "[0,8]")+`}}`, "12345678"), "within the tensor before it"},
		"deep":              {stFile(`{"a":`+strings.Repeat("[", 20000)+strings.Repeat("]", 20000)+`}`, ""), "want"},
	} {
		_, out, err := parseSafetensors(c.file)
		if name == "newline padding" { // JSON's own spaces are part of the object's text
			require.NoError(t, err)
			continue
		}
		require.Error(t, err, name)
		require.Nil(t, out, name)
		requireFileError(t, err, c.text)
	}
}

func FuzzSafetensors(f *testing.F) {
	for _, seed := range [][]byte{
		nil, stFile(`{}`, ""), stFile(`{"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, "12345678"),
		encodeSealed(map[string]string{"k": "v"}, []stTensor{singles("s", []float32{1, 2}, 2), doubles("d", []float64{3})}),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		metadata, tensors, err := parseSafetensors(file)
		if err != nil {
			requireFileError(t, err)
			return
		}
		total := 0
		for _, x := range tensors {
			total += len(x.data)
		}
		require.LessOrEqual(t, total+10, len(file))
		// What was read can be written, and reads back as itself.
		delete(metadata, stSealKey)
		again, others, err := parseSafetensors(encodeSealed(metadata, tensors))
		require.NoError(t, err)
		delete(again, stSealKey)
		require.Equal(t, len(metadata), len(again))
		require.Equal(t, len(tensors), len(others))
	})
}
