//go:build !race

package gemm

import (
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAllocations: a product on one processor allocates nothing, once there is memory to pack in.
// The race detector makes sync.Pool forget.
func TestAllocations(t *testing.T) { both(t, allocations[float32], allocations[float64]) }

func allocations[T Float](t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	r := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][3]int{{100, 100, 100}, {1, 300, 1000}, {300, 1, 1000}} {
		p := problem[T]{
			a: random[T](r, false, s[0], s[2]),
			b: random[T](r, true, s[2], s[1]),
			c: RowMajor(s[0], s[1], s[1], make([]T, s[0]*s[1])),
		}
		for _, name := range implementations() {
			restore := forced(name)
			require.Zero(t, testing.AllocsPerRun(5, func() { Mul(p.c, 0.5, 1, p.a, p.b) }), "%s: %v", name, p)
			restore()
		}
	}
}
