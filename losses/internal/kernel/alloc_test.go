package kernel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestAllocations wants none from a kernel that ran before.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("with the race detector sync.Pool forgets things on purpose")
	}
	both(t, allocations[float32], allocations[float64])
}

func allocations[T Float](t *testing.T) {
	for _, s := range [][2]int{{33, 1}, {33, 10}, {17, 32}, {3, 33}, {2, 2100}} {
		b := newBlock[T](s[0], s[1], ordinary)
		for _, f := range kernels[T]() {
			if strings.HasPrefix(f.name, "Smooth") { // its arguments come from a map
				continue
			}
			o := newOutputs[T](b.n, b.k)
			allocs := testing.AllocsPerRun(20, func() { f.run(b, o) })
			require.Zero(t, allocs, "%s n=%d k=%d", f.name, b.n, b.k)
		}
		o := newOutputs[T](b.n, b.k)
		require.Zero(t, testing.AllocsPerRun(20, func() { Smooth(o.out, b.t, 0.9, 0, 0.1, 0, b.k) }), "Smooth")
	}
}
