package oracle

import "math/big"

// tape computes in numbers of prec bits and remembers how, so that a result can be differentiated
// by what it was made of.
type tape struct {
	prec uint
	nums []*num // in the order in which they were made

	// The sizes of functions: rounded says that their arguments are, relative to their sizes, so
	// that an exponential is of the size e^x (1 + size of x); otherwise they are as if exact.
	rounded bool
}

// num is a number on a tape.
type num struct {
	v    *big.Float
	size *big.Float // sum of the absolute values of the terms that v was added up from
	from []input

	// What [tape.differentiate] leaves: the derivative of the cost by this number, and the sum of
	// the absolute values of the terms that it was added up from.
	slope, steep *big.Float
}

// input is a number that another was made of, the derivative of the other by it, and the sum of the
// absolute values of the terms that the derivative was added up from; nil for its own.
type input struct {
	num         *num
	slope, size *big.Float
}

const sizePrec = 64

func (t *tape) new() *big.Float { return new(big.Float).SetPrec(t.prec) }

func (t *tape) record(v, size *big.Float, from ...input) *num {
	n := &num{v: v, size: new(big.Float).SetPrec(sizePrec).Abs(size), from: from}
	t.nums = append(t.nums, n)
	return n
}

// number returns x, a constant or what the cost is differentiated by.
func (t *tape) number(x float64) *num {
	v := t.new().SetFloat64(x)
	return t.record(v, v)
}

func (t *tape) add(a, b *num) *num {
	one := t.new().SetInt64(1)
	return t.record(t.new().Add(a.v, b.v), new(big.Float).Add(a.size, b.size), input{a, one, nil}, input{b, one, nil})
}

func (t *tape) sub(a, b *num) *num {
	return t.record(t.new().Sub(a.v, b.v), new(big.Float).Add(a.size, b.size),
		input{a, t.new().SetInt64(1), nil}, input{b, t.new().SetInt64(-1), nil})
}

func (t *tape) mul(a, b *num) *num {
	return t.record(t.new().Mul(a.v, b.v), new(big.Float).Mul(a.size, b.size),
		input{a, b.v, b.size}, input{b, a.v, a.size})
}

// scale returns f·a for a constant f.
func (t *tape) scale(f float64, a *num) *num { return t.mul(t.number(f), a) }

// quo returns a/b for a b that is not 0.
func (t *tape) quo(a, b *num) *num {
	q := t.new().Quo(a.v, b.v)
	slope := t.new().Quo(t.new().SetInt64(1), b.v)
	size := new(big.Float).SetPrec(sizePrec).Quo(a.size, new(big.Float).Abs(b.v))
	steep := new(big.Float).SetPrec(sizePrec).Abs(slope)
	return t.record(q, size, input{a, slope, nil}, input{b, t.new().Neg(t.new().Mul(q, slope)), steep.Mul(steep, size)})
}

func (t *tape) exp(a *num) *num {
	v := bigExp(a.v)
	size := t.size(v, v, a.size)
	return t.record(v, size, input{a, v, size})
}

// expm1 returns e^a - 1.
func (t *tape) expm1(a *num) *num {
	e := bigExp(a.v)
	v := t.new().Sub(e, t.new().SetInt64(1))
	return t.record(v, t.size(v, e, a.size), input{a, e, t.size(e, e, a.size)})
}

// log returns log a for a > 0.
func (t *tape) log(a *num) *num {
	v := bigLog(a.v)
	slope := t.new().Quo(t.new().SetInt64(1), a.v)
	return t.record(v, t.size(v, slope, a.size), input{a, slope, t.size(slope, t.new().Mul(slope, slope), a.size)})
}

// size returns |v|, or where arguments are rounded |v| + |slope| arg.
func (t *tape) size(v, slope, arg *big.Float) *big.Float {
	size := new(big.Float).SetPrec(sizePrec).Abs(v)
	if t.rounded {
		more := new(big.Float).SetPrec(sizePrec).Abs(slope)
		size.Add(size, more.Mul(more, arg))
	}
	return size
}

// exact takes the terms that a was added up from for one number, as it is where an argument of a
// function has more digits than the result.
func (t *tape) exact(a *num) *num {
	if !t.rounded {
		a.size.Abs(a.v)
	}
	return a
}

// pow returns a^q for a >= 0 and a constant q >= 0, or any q where a > 0. The derivative at 0 is 0
// here.
func (t *tape) pow(a *num, q float64) *num {
	switch {
	case q == 0:
		return t.number(1)
	case a.v.Sign() == 0:
		return t.number(0)
	}
	v := bigExp(t.new().Mul(t.new().SetFloat64(q), bigLog(a.v)))
	slope := t.new().Quo(t.new().Mul(t.new().SetFloat64(q), v), a.v)
	bend := t.new().Quo(t.new().Mul(t.new().SetFloat64(q-1), slope), a.v)
	return t.record(v, t.size(v, slope, a.size), input{a, slope, t.size(slope, bend, a.size)})
}

// abs returns |a|, whose derivative at 0 is 0.
func (t *tape) abs(a *num) *num {
	return t.record(t.new().Abs(a.v), a.size, input{a, t.new().SetInt64(int64(a.v.Sign())), nil})
}

func (t *tape) sum(terms []*num) *num {
	s := t.number(0)
	for _, x := range terms {
		s = t.add(s, x)
	}
	return s
}

// differentiate sets the slope of every number on the tape: the derivative of cost by it.
func (t *tape) differentiate(cost *num) {
	for _, n := range t.nums {
		n.slope, n.steep = t.new(), new(big.Float).SetPrec(sizePrec)
	}
	cost.slope.SetInt64(1)
	cost.steep.SetInt64(1)
	for i := len(t.nums) - 1; i >= 0; i-- {
		n := t.nums[i]
		if n.steep.Sign() == 0 {
			continue
		}
		for _, in := range n.from {
			in.num.slope.Add(in.num.slope, t.new().Mul(n.slope, in.slope))
			size := new(big.Float).SetPrec(sizePrec).Abs(in.slope)
			if in.size != nil {
				size.Set(in.size)
			}
			in.num.steep.Add(in.num.steep, size.Mul(size, n.steep))
		}
	}
}
