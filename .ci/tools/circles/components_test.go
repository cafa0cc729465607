package main

import (
	"reflect"
	"testing"
)

func TestCircles(t *testing.T) {
	for _, c := range []struct {
		uses map[string][]string
		want [][]string
	}{
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": nil}, nil},
		{map[string][]string{"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}, [][]string{{"a", "b", "c"}}},
		{map[string][]string{"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}, [][]string{{"c", "d"}, {"a", "b"}}},
		{map[string][]string{"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": nil}, nil},
		{
			map[string][]string{"a": {"b", "d"}, "b": {"c"}, "c": {"b"}, "d": {"a", "b"}},
			[][]string{{"b", "c"}, {"a", "d"}},
		},
	} {
		if got := circles(c.uses); !reflect.DeepEqual(got, c.want) {
			t.Errorf("circles of %v: got %v, want %v", c.uses, got, c.want)
		}
	}
}
