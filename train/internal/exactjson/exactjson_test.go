package exactjson

import (
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
