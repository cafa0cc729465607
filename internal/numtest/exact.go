package numtest

import (
	"math"
	"math/big"
)

// precision of the exact reference, in bits. Arguments of exp up to 2¹¹ cost it
// about 24 of them.
const precision = 320

// Exact is the softmax of one row in arithmetic of 320 bits, the reference for
// every kernel. Nothing in it is shared with the code under test.
type Exact struct {
	Max  int          // position of the first largest logit
	P    []*big.Float // softmax
	Q    *big.Float   // 1 - P[Max], to full relative precision
	LogP []*big.Float // log-softmax
	LSE  *big.Float   // log Σ exp(z)
}

// NewExact computes the reference of finite logits no more than 2000 apart.
func NewExact(z []float64) *Exact {
	a := 0
	for k, v := range z {
		if v > z[a] {
			a = k
		}
	}
	e := make([]*big.Float, len(z))
	others := Big(0)
	for k, v := range z {
		e[k] = bigExp(Sub(Big(v), Big(z[a])))
		if k != a {
			others = Add(others, e[k])
		}
	}
	total := Add(Big(1), others)
	log := bigLog1p(others)
	x := &Exact{Max: a, Q: Quo(others, total), LSE: Add(Big(z[a]), log)}
	for k, v := range z {
		x.P = append(x.P, Quo(e[k], total))
		x.LogP = append(x.LogP, Sub(Sub(Big(v), Big(z[a])), log))
	}
	return x
}

// CrossEntropy returns the loss of the labels t and its gradient S p - t.
func (x *Exact) CrossEntropy(t []float64) (loss float64, grad []float64) {
	sum, l, others := Big(0), Big(0), Big(0)
	for k, v := range t {
		sum = Add(sum, Big(v))
		l = Sub(l, Mul(Big(v), x.LogP[k]))
		if k != x.Max {
			others = Add(others, Big(v))
		}
	}
	for k, v := range t {
		g := Sub(Mul(sum, x.P[k]), Big(v))
		if k == x.Max {
			g = Sub(others, Mul(sum, x.Q))
		}
		grad = append(grad, float(g))
	}
	return float(l), grad
}

// MAE returns Σ|p - t| and its gradient p_j (σ_j - Σ σ_k p_k).
func (x *Exact) MAE(t []float64) (loss float64, grad []float64) {
	l, dot := Big(0), Big(0)
	sign := make([]*big.Float, len(t))
	for k, v := range t {
		d := Sub(x.P[k], Big(v))
		if k == x.Max {
			d = Sub(Sub(Big(1), Big(v)), x.Q)
		}
		sign[k] = Big(float64(d.Sign()))
		l = Add(l, new(big.Float).Abs(d))
	}
	// Σσp = σ_a + Σ_{k≠a} (σ_k - σ_a) p_k
	for k := range t {
		dot = Add(dot, Mul(Sub(sign[k], sign[x.Max]), x.P[k]))
	}
	for j := range t {
		grad = append(grad, float(Mul(x.P[j], Sub(Sub(sign[j], sign[x.Max]), dot))))
	}
	return float(l), grad
}

// Floats returns the numbers rounded to float64.
func Floats(x []*big.Float) []float64 {
	out := make([]float64, len(x))
	for i, v := range x {
		out[i] = float(v)
	}
	return out
}

func float(x *big.Float) float64 { f, _ := x.Float64(); return f }

// Big returns x as a number of the reference's precision.
func Big(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }

// Add returns a+b as a new number.
func Add(a, b *big.Float) *big.Float { return Big(0).Add(a, b) }

// Sub returns a-b as a new number.
func Sub(a, b *big.Float) *big.Float { return Big(0).Sub(a, b) }

// Mul returns a·b as a new number.
func Mul(a, b *big.Float) *big.Float { return Big(0).Mul(a, b) }

// Quo returns a/b as a new number.
func Quo(a, b *big.Float) *big.Float { return Big(0).Quo(a, b) }

// inverseFactorials holds 1/n!.
var inverseFactorials = func() []*big.Float {
	f := []*big.Float{Big(1)}
	for n := 1; n < 26; n++ {
		f = append(f, Quo(f[n-1], Big(float64(n))))
	}
	return f
}()

// bigExp returns e^x: Taylor's series for x/2ⁿ below 2⁻¹², squared n times.
func bigExp(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return Big(1)
	}
	n := max(0, x.MantExp(nil)+12)
	small := Big(0).SetMantExp(x, -n)
	sum := Big(0)
	for i := len(inverseFactorials) - 1; i >= 0; i-- {
		sum = Add(Mul(sum, small), inverseFactorials[i])
	}
	for range n {
		sum = Mul(sum, sum)
	}
	return sum
}

// bigLog1p returns log(1+x) for x >= 0: the series for tiny x, otherwise
// Newton's method on exp.
func bigLog1p(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return Big(0)
	}
	if x.MantExp(nil) < -40 {
		sum, power := Big(0), Big(-1)
		for n := 1; n < 9; n++ {
			power = Mul(power, Sub(Big(0), x))
			sum = Add(sum, Quo(power, Big(float64(n))))
		}
		return sum
	}
	y := Big(math.Log1p(float(x)))
	target := Add(Big(1), x)
	for range 3 { // 2⁻⁵² → 2⁻¹⁰⁴ → 2⁻²⁰⁸ → all
		y = Add(y, Sub(Quo(target, bigExp(y)), Big(1)))
	}
	return y
}
