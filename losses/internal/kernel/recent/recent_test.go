package recent

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestPlans: as many as are kept take turns and are made once; one more takes the place of the
// oldest.
func TestPlans(t *testing.T) {
	var p Plans[int, int]
	made := 0
	makes := func(k int) *int {
		made++
		return &k
	}
	for range 3 {
		for k := range Most {
			require.Equal(t, k, *p.For(k, makes))
		}
	}
	require.Equal(t, Most, made)
	require.Equal(t, Most, *p.For(Most, makes))
	for k := 1; k <= Most; k++ {
		require.Equal(t, k, *p.For(k, makes))
	}
	require.Equal(t, Most+1, made)
	require.Equal(t, 0, *p.For(0, makes))
	require.Equal(t, Most+2, made)
}

// TestPlansOfGoroutines: goroutines get the plans that they ask for, also of more than are kept.
func TestPlansOfGoroutines(t *testing.T) {
	var p Plans[int, int]
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				k := i % (Most + 5)
				if got := *p.For(k, func(k int) *int { return &k }); got != k {
					t.Errorf("plan %d for %d", got, k)
				}
			}
		})
	}
	all.Wait()
}

// TestPlansAllocateNothing: a plan that is there is found without memory.
func TestPlansAllocateNothing(t *testing.T) {
	var p Plans[[3]float64, int]
	makes := func([3]float64) *int { return new(int) }
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { p.For([3]float64{1, 2, 3}, makes) }), 0.)
}
