package portable

import "math"

// The exponential: with N = 2^expBits,
//
//	exp(d) = 2^(n/N) exp(r),  n = rint(d N/ln 2),  r = d - n ln(2)/N,  |r| <= ln(2)/(2N),
//
// 2^(n/N) from a table of N numbers, exp(r) - 1 by a short polynomial. Tang, "Table-driven
// implementation of the exponential function in IEEE floating-point arithmetic", ACM Transactions
// on Mathematical Software 1989.
const (
	expBits  = 7
	expSize  = 1 << expBits
	expScale = expSize / math.Ln2
	expMagic = 0x1.8p52                    // x + expMagic holds rint(x) in its low bits
	expLow   = 0x4338000000000000 - 129000 // of expMagic + x: below it 2^(n/N) might be no normal number
)

// expTable holds at i the bits of 2^(i/N) less i in the lowest bits of the exponent, so that adding
// n there needs no second mask.
var expTable = func() (t [expSize]uint64) {
	for i := range t {
		t[i] = math.Float64bits(math.Exp2(float64(i)/expSize)) - uint64(i)<<(52-expBits)
	}
	return t
}()

// exp returns exp(d) for d <= 0 to an ulp and a half, NaN for NaN.
func exp(d float64) float64 {
	n := d*expScale + expMagic
	i := math.Float64bits(n)
	if int64(i) < expLow {
		return math.Exp(d)
	}
	return power64(d, n, i)
}

// power32 returns exp(y/expScale) to 2e-9, with n = y + expMagic and i the bits of n, which are not
// less than expLow. NaN stays NaN. Whether the compiler fuses its products and sums makes no
// difference that counts.
func power32(y, n float64, i uint64) float64 {
	const (
		c1 = math.Ln2 / expSize
		c2 = c1 * c1 / 2
		c3 = c1 * c1 * c1 / 6 * 0.15 // what a straight line makes of the cubic term
	)
	f := y - (n - expMagic)
	s := math.Float64frombits(expTable[i%expSize] + i<<(52-expBits))
	return s + s*(f*((c1+c3)+f*c2))
}

// power64 returns exp(d) to an ulp and a half, with n = d expScale + expMagic; i is that of
// power32.
func power64(d, n float64, i uint64) float64 {
	const (
		hi = 0x1.62e42fefap-8 // times n - expMagic it is exact
		lo = math.Ln2/expSize - hi
	)
	k := n - expMagic
	r := (d - k*hi) - k*lo
	s := math.Float64frombits(expTable[i%expSize] + i<<(52-expBits))
	q := r * r
	return s + s*(r+q*((1./2+r*(1./6))+q*(1./24+r*(1./120))))
}
