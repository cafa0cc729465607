package losses

import (
	"fmt"

	"softloss/losses/internal/kernel"
)

// numberPerClass is what holds a number for each class, such as a field of a criterion.
type numberPerClass struct {
	name string // what errors call it
	kind error  // what they are when something is wrong with it
	each Range  // what a number may be
}

// validate wants every number to be in its range.
func (f *numberPerClass) validate(numbers []float64) error {
	if f.each.containsAll(kernel.SizesOf(numbers)) {
		return nil
	}
	for k, x := range numbers {
		if !f.each.Contains(x) {
			return argError(f.kind, f.name, fmt.Sprintf("class %d: %v", k, x), "is out of range", f.each.String())
		}
	}
	return nil
}

// checkLength wants k numbers, one for each class, or where one may stand for all, that.
func (f *numberPerClass) checkLength(n, k int, oneForAll bool) error {
	if n == k || oneForAll && n == 1 {
		return nil
	}
	want := fmt.Sprintf("%d, a number for each class", k)
	if oneForAll {
		want += ", or one for all"
	}
	return argError(f.kind, f.name, fmt.Sprintf("length %d", n), "is wrong", want)
}
