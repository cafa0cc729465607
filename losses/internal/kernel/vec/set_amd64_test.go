//go:build !purego

package vec

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/cpu"

	"softloss/internal/isa"
	"softloss/losses/internal/kernel/spec"
)

// onSets runs a test on every instruction set of the machine.
func onSets(t *testing.T, test func(t *testing.T)) {
	for _, s := range Sets()[2:] {
		t.Run(s.String(), func(t *testing.T) {
			was := Use(s)
			t.Cleanup(func() { Use(was) })
			test(t)
		})
	}
}

// onUnits runs the tests of the two element types on every instruction set.
func onUnits(t *testing.T, f32 func(*testing.T, unit[float32]), f64 func(*testing.T, unit[float64])) {
	onSets(t, func(t *testing.T) {
		t.Run("float32", func(t *testing.T) { f32(t, unitOf[float32]()) })
		t.Run("float64", func(t *testing.T) { f64(t, unitOf[float64]()) })
	})
}

// normalRows returns n rows of k normal logits and of labels between 0 and 1.
func normalRows[T spec.Float](n, k int) (z, t []T) {
	r := rand.New(rand.NewPCG(uint64(n), uint64(k)))
	for range n * k {
		z, t = append(z, T(2*r.NormFloat64())), append(t, T(r.Float64()))
	}
	return z, t
}

// losses are separable losses with parameters for every kernel there is.
var losses = []struct {
	family spec.Family
	a      float64
}{
	{spec.GCE, 0.7}, {spec.GCE, 1}, {spec.GCE, 0.1}, {spec.GCE, 0.003}, {spec.Poly1, 1.5}, {spec.Poly1, -1},
	{spec.Focal, 0}, {spec.Focal, 0.5}, {spec.Focal, 1}, {spec.Focal, 2}, {spec.Focal, 3.5},
	{spec.Focal, 5}, {spec.Focal, 8}, {spec.Focal, 9}, {spec.Focal, 100}, {spec.AGCE(1), 2}, {spec.AGCE(1e-3), 0.7},
	{spec.AUL(2), 2}, {spec.AUL(1.01), 2}, {spec.AEL, 2}, {spec.AEL, 0.01},
}

// TestSets fails when a machine that has the instructions leaves them.
func TestSets(t *testing.T) {
	x := cpu.X86
	want := []isa.Set{Specification, Portable}
	if x.HasAVX2 && x.HasFMA && x.HasBMI2 {
		want = append(want, isa.AVX2)
		if x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ {
			want = append(want, isa.AVX512)
		}
	}
	require.Equal(t, want, Sets())
	require.Equal(t, want[len(want)-1], InUse())
	lanes := map[isa.Set][2]int{isa.AVX2: {8, 4}, isa.AVX512: {16, 8}}
	onSets(t, func(t *testing.T) {
		require.Equal(t, lanes[InUse()], [2]int{unitOf[float32]().lanes(), unitOf[float64]().lanes()})
	})
}
