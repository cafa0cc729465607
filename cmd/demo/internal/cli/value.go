package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"softloss/internal/phrase"
)

// The readers of single values. [Parse] puts the flag's name and the value before their errors.

// Text reads a text that is not empty.
func Text(dst *string, want string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New("want " + want)
		}
		*dst = s
		return nil
	}
}

// AnyText reads any text, an empty one too.
func AnyText(dst *string) func(string) error {
	return func(s string) error {
		*dst = s
		return nil
	}
}

// Number reads a finite number that ok accepts.
func Number(dst *float64, want string, ok func(float64) bool) func(string) error {
	return func(s string) error {
		x, err := strconv.ParseFloat(s, 64)
		if err != nil || !ok(x) || math.IsInf(x, 0) {
			return errors.New("want " + want)
		}
		*dst = x
		return nil
	}
}

// Positive reads a number above 0.
func Positive(dst *float64) func(string) error {
	return Number(dst, "a number > 0", func(x float64) bool { return x > 0 })
}

// NotNegative reads a number that is at least 0.
func NotNegative(dst *float64) func(string) error {
	return Number(dst, "a number >= 0", func(x float64) bool { return x >= 0 })
}

// Part reads a share that leaves something on both sides: above 0 and below 1.
func Part(dst *float64) func(string) error {
	return Number(dst, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })
}

// Whole reads a whole number from least to a million.
func Whole(dst *int, least int) func(string) error {
	const most = 1_000_000
	return func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < least || n > most {
			return fmt.Errorf("want a whole number from %d to %d", least, most)
		}
		*dst = n
		return nil
	}
}

// Seed reads a whole number that is at least 0.
func Seed(dst *uint64) func(string) error {
	return func(s string) error {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return errors.New("want a whole number >= 0")
		}
		*dst = n
		return nil
	}
}

// OneOf reads the name of one of several values.
func OneOf[T any](dst *T, name func(T) string, all ...T) func(string) error {
	return func(s string) error {
		var names []string
		for _, v := range all {
			if s == name(v) {
				*dst = v
				return nil
			}
			names = append(names, name(v))
		}
		return errors.New("want " + phrase.Or(names))
	}
}

// boolean reads what may stand behind a switch.
func boolean(dst *bool) func(string) error {
	return func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return errors.New("want true or false, or nothing")
		}
		*dst = b
		return nil
	}
}

// Layers reads the sizes of the hidden layers. They are never nil, which would be the trainer's
// default.
func Layers(dst *[]int) func(string) error {
	return func(s string) error {
		sizes := []int{}
		for part := range strings.SplitSeq(s, ",") {
			if s == "none" {
				break
			}
			n, err := strconv.Atoi(strings.TrimSpace(part))
			if err != nil || n < 1 || n > 16384 {
				return errors.New("want whole numbers from 1 to 16384 such as 256 or 128,64, or none")
			}
			sizes = append(sizes, n)
		}
		*dst = sizes
		return nil
	}
}
