package cli

import (
	"errors"
	"fmt"
	"math"
	"strconv"
)

// The readers of single values. Package flag puts the flag's name before their errors.

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

// NotNegative is a number that switches something off at 0.
func NotNegative(dst *float64) func(string) error {
	return Number(dst, "a number >= 0", func(x float64) bool { return x >= 0 })
}

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
