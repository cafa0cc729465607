package train

import (
	"math"
	"math/bits"

	"softloss/train/internal/loops"
)

// fixedSum sums numbers over the shards of all ranks to bits that depend on neither how many ranks
// there are nor the order in which they add: one maximum, then integers.
//
// With the largest magnitude m < 2^e of a quantity in any of S shards, a number x becomes the
// integer x 2^s, s = 62 - e - ⌈log2 S⌉, cut off towards 0: nothing overflows, and only of numbers
// below m 2^-35 S is a float32 cut off at all, by less than m 2^-61 S. A tensor is one quantity.
// Where one of the numbers is not finite the sum is NaN.
type fixedSum struct {
	group  Group // nil for one process
	shards int
	tops   []float64 // a vote, and the largest magnitude of each quantity
	sums   []int64
}

// part is what a shard comes to, to be summed over all shards.
type part struct {
	numbers []float64
	tensors [][]float32 // nil for a shard without rows
}

// add sets totals and tensors to the sums of those of all parts of all ranks. With an error err it
// takes part in nothing but telling the others; what it returns is that of agree.
func (x *fixedSum) add(err error, parts []part, totals []float64, tensors [][]float32) error {
	size := len(totals)
	for _, t := range tensors {
		size += len(t)
	}
	x.tops, x.sums = zeroed(x.tops, 1+len(totals)+len(tensors)), zeroed(x.sums, size)
	if err == nil {
		x.measure(parts, len(totals))
	}
	if err := agreeOn(x.group, err, x.tops); err != nil {
		return err
	}
	for i := range parts {
		x.addPart(&parts[i])
	}
	if x.group != nil {
		if err := x.group.Sum(x.sums); err != nil {
			return wrap(err, "")
		}
	}
	for j := range totals {
		totals[j] = math.Ldexp(float64(x.sums[j]), -x.shift(j))
		if math.IsInf(x.tops[1+j], 1) {
			totals[j] = math.NaN()
		}
	}
	sums := x.sums[len(totals):]
	for j, t := range tensors {
		unit := math.Ldexp(1, -x.shift(len(totals)+j))
		if math.IsInf(x.tops[1+len(totals)+j], 1) {
			unit = math.NaN()
		}
		loops.FromFixed(t, sums, unit)
		sums = sums[len(t):]
	}
	return nil
}

// measure sets the largest magnitudes of this rank's parts, infinite for what is not finite.
func (x *fixedSum) measure(parts []part, numbers int) {
	for _, p := range parts {
		for j, v := range p.numbers {
			if v = math.Abs(v); v != v {
				v = math.Inf(1)
			}
			x.tops[1+j] = max(x.tops[1+j], v)
		}
		for j, t := range p.tensors {
			x.tops[1+numbers+j] = max(x.tops[1+numbers+j], loops.Magnitude(t))
		}
	}
}

// shift returns s of a quantity.
func (x *fixedSum) shift(quantity int) int {
	_, e := math.Frexp(x.tops[1+quantity])
	return 62 - e - bits.Len(uint(x.shards-1))
}

// addPart adds a part of this rank.
func (x *fixedSum) addPart(p *part) {
	for j, v := range p.numbers {
		if !math.IsInf(x.tops[1+j], 1) {
			x.sums[j] += int64(math.Ldexp(v, x.shift(j)))
		}
	}
	sums := x.sums[len(p.numbers):]
	for j, t := range p.tensors {
		if quantity := len(p.numbers) + j; !math.IsInf(x.tops[1+quantity], 1) {
			loops.AddFixed(sums[:len(t)], t, math.Ldexp(1, x.shift(quantity)))
		}
		sums = sums[len(t):]
	}
}

// zeroed returns n zeros, in the memory of x if they fit.
func zeroed[T any](x []T, n int) []T {
	if cap(x) < n {
		return make([]T, n)
	}
	x = x[:n]
	clear(x)
	return x
}
