package input

import (
	"errors"
	"strconv"
	"strings"
)

// Hidden reads the sizes of the hidden layers; they are never nil, which would be the trainer's default.
func Hidden(s string) ([]int, error) {
	sizes := []int{}
	if s == "none" {
		return sizes, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 1 || n > 16384 {
			return nil, errors.New("want whole numbers from 1 to 16384 such as 256 or 128,64, or none")
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}
