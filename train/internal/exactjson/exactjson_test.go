package exactjson

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRefusesWhatItWouldLose(t *testing.T) {
	for name, v := range map[string]any{
		"interface":  struct{ V any }{3},
		"unexported": struct{ v int }{3},
		"map":        map[string]int{},
		"function":   struct{ F func() }{},
		"float32":    float32(1),
	} {
		_, err := Encode(v)
		require.Error(t, err, name)
	}
	for text, dst := range map[string]any{
		`3.5`:    new(int),
		`300`:    new(int8),
		`-1`:     new(uint),
		`1e999`:  new(float64),
		`"x"`:    new(float64),
		`"0x0"`:  new(float64), // finite, so not written so
		`"3"`:    new(int),
		`3`:      new(string),
		`true`:   new(int),
		`null`:   new(int),
		`{}`:     new([]int),
		`[1,""]`: new([]int),
		`[1]`:    new(struct{}),
		`{"B":1}`: new(struct {
			A int
		}),
		`{"a":1}`: new(struct {
			a int
		}),
	} {
		require.Error(t, Decode(text, dst, "it"), text)
	}
}

type sample struct {
	Bool  bool
	Int   int8
	Uint  uint64
	Float []float64
	Text  string
	Next  *sample
	None  any
}

// What is written comes back to the last bit.
func TestRoundTrip(t *testing.T) {
	in := sample{
		Bool: true, Int: -128, Uint: math.MaxUint64, Text: "é \"\u2028\n", Next: &sample{Float: []float64{}},
		Float: []float64{0, math.Copysign(0, -1), .1, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(-1),
			math.Float64frombits(0x7ff8000000000123)},
	}
	text, err := Encode(in)
	require.NoError(t, err)
	var out sample
	require.NoError(t, Decode(text, &out, "sample"))
	for i, v := range in.Float {
		require.Equal(t, math.Float64bits(v), math.Float64bits(out.Float[i]))
	}
	in.Float, out.Float = nil, nil
	require.Equal(t, in, out)

	_, err = Encode(sample{Text: "\xff"})
	require.ErrorContains(t, err, `got the text "\xff", want UTF-8`)
	for text, want := range map[string]string{
		`{}`:           "sample: got 0 fields, want 7: made by another version",
		text + "{}":    "got more than one JSON value",
		`{"Bool":tru}`: "invalid character",
		`3`:            "sample: got 3, want exactjson.sample",
		`{"Bool":true,"Int":1,"Uint":1,"Float":[],"Text":"","Next":null,"Other":null}`: "sample: got no field None",
		`{"Bool":true,"Int":1,"Uint":1,"Float":[1,{}],"Text":"","Next":null,"None":null}`: "sample.Float[1]: got map[], " +
			"want float64",
		`{"Bool":true,"Int":1,"Uint":1,"Float":["0xg"],"Text":"","Next":null,"None":null}`: `sample.Float[0]: got "0xg", ` +
			`want float64`,
		`{"Bool":true,"Int":1,"Uint":1,"Float":[],"Text":"","Next":{"Bool":1},"None":null}`: "sample.Next: got 1 field,",
	} {
		require.ErrorContains(t, Decode(text, &sample{}, "sample"), want, text)
	}
}
