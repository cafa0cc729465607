package numtest

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDD wants exp(a) exp(-a) = 1 and exp(log1p(a)) = 1 + a to 92 bits.
func TestDD(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 1000 {
		a := Num(300 * r.Float64())
		e := a.Exp().Mul(a.Neg().Exp()).Sub(Num(1))
		require.Less(t, math.Abs(e.Hi), 0x1p-92, "exp(%v)", a.Hi)
		b := Num(math.Exp(-40 * r.Float64()))
		l := b.Log1p().Exp().Sub(Num(1)).Sub(b)
		require.Less(t, math.Abs(l.Hi), 0x1p-92, "log1p(%v)", b.Hi)
	}
}

// TestDDDigits holds what an error of the opposite sign at -x would leave alone in [TestDD].
func TestDDDigits(t *testing.T) {
	for want, got := range map[string]DD{
		"2.7182818284590452353602874713526624977572470937000":     Num(1).Exp(),
		"3.7200759760208359629596958038631183373588922923768e-44": Num(-100).Exp(),
		"0.69314718055994530941723212145817656807550013436026":    Num(1).Log1p(),
		"1.0986122886681096913952452369225257046474905578227":     Num(3).Log(),
	} {
		exact, _, err := big.ParseFloat(want, 10, 200, big.ToNearestEven)
		require.NoError(t, err)
		off := new(big.Float).Sub(exact, big.NewFloat(got.Hi))
		off.Sub(off, big.NewFloat(got.Lo)).Quo(off, exact)
		e, _ := off.Float64()
		require.Less(t, math.Abs(e), 0x1p-92, want)
	}
}
