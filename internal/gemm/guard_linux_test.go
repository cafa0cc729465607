package gemm

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGuardPages puts A, B and C against pages that must not be touched, behind and in front. A
// kernel that reads or writes outside its matrices crashes the test.
func TestGuardPages(t *testing.T) { both(t, guardPages[float32], guardPages[float64]) }

func guardPages[T Float](t *testing.T) {
	var pages [3]numtest.Pages
	for i := range pages {
		pages[i] = numtest.NewPages(t, 1<<16)
	}
	r := rand.New(rand.NewPCG(11, 12))
	for size := 1; size <= 70; size++ {
		for turn := range 6 {
			dims := [3]int{1 + r.IntN(30), 1 + r.IntN(70), 1 + r.IntN(30)}
			if dims[turn%3] = size; turn > 2 {
				dims[(turn+1)%3] = 1
			}
			p := newProblem[T](r, r.IntN(4), dims[0], dims[1], dims[2])
			want := p.mul()
			for _, name := range implementations() {
				restore := forced(name)
				for _, behind := range []bool{true, false} {
					q := p
					q.a.Data = numtest.Guard(pages[0], p.a.Data, behind)
					q.b.Data = numtest.Guard(pages[1], p.b.Data, behind)
					q.c.Data = numtest.Guard(pages[2], p.c.Data, behind)
					Mul(q.c, q.beta, q.alpha, q.a, q.b)
					require.True(t, sameBits(q.c.Data, want), "%s: %v", name, p)
					require.True(t, sameBits(q.a.Data, p.a.Data) && sameBits(q.b.Data, p.b.Data), "%s: %v: changed", name, p)
				}
				restore()
			}
		}
	}
}
