package numtest

import (
	"math"
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
