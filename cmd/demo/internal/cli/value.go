package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The readers of single values. [Parse] puts the flag's name and the value before their errors.

// Text is what is not empty.
func Text(dst *string, want string) func(string) error {
	return func(s string) error {
		if s == "" {
			return errors.New("want " + want)
		}
		*dst = s
		return nil
	}
}

// AnyText accepts everything, nothing included.
func AnyText(dst *string) func(string) error {
	return func(s string) error {
		*dst = s
		return nil
	}
}

// Number is a finite number that is ok.
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

// Positive is a number above 0.
func Positive(dst *float64) func(string) error {
	return Number(dst, "a number > 0", func(x float64) bool { return x > 0 })
}

// NotNegative is a number that switches something off at 0.
func NotNegative(dst *float64) func(string) error {
	return Number(dst, "a number >= 0", func(x float64) bool { return x >= 0 })
}

// Part is a part of something of which both sides are needed.
func Part(dst *float64) func(string) error {
	return Number(dst, "a number between 0 and 1, both excluded", func(x float64) bool { return x > 0 && x < 1 })
}

// Whole is a whole number from a least one to a million.
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

// Seed is a whole number that is not negative.
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

// OneOf is one of several values, by its name.
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
		return errors.New("want " + List(names, "or"))
	}
}

// boolean is a switch.
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

// Layers are the sizes of the hidden layers; they are never nil, which would be the trainer's
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
