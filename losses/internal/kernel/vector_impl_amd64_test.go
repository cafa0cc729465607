//go:build !purego

package kernel

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"golang.org/x/sys/cpu"
)

// force selects an implementation for the rest of the test.
func force(t testing.TB, name string) { t.Cleanup(forced(name)) }

// forced selects an implementation and returns what undoes it.
func forced(name string) (restore func()) {
	wasAVX512, wasAVX2, wasVectors := avx512, avx2, vectors
	avx512, avx2, vectors = name == "avx512", name != "generic", name != "generic"
	return func() { avx512, avx2, vectors = wasAVX512, wasAVX2, wasVectors }
}

// implementations are the names force takes that this machine can run.
func implementations() []string {
	names := []string{"generic"}
	if avx2 {
		names = append(names, "avx2")
	}
	if avx512 {
		names = append(names, "avx512")
	}
	return names
}

// TestAssemblyIsUsed fails when a machine that has the instructions runs the generic code.
func TestAssemblyIsUsed(t *testing.T) {
	x := cpu.X86
	assert.Equal(t, x.HasAVX2 && x.HasFMA && x.HasBMI2, vectors, "vectors")
	assert.Equal(t, vectors, avx2, "avx2")
	assert.Equal(t, vectors && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ, avx512, "avx512")
	lanes := map[string][2]int{"avx2": {8, 4}, "avx512": {16, 8}}
	for _, name := range implementations()[1:] {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			assert.Equal(t, lanes[name], [2]int{unitOf[float32]().lanes(), unitOf[float64]().lanes()})
		})
	}
	if !vectors {
		return
	}
	// What dispatches to the assembly gives its bits, which are not those of the generic code everywhere.
	for _, k := range []int{5, 100} {
		b := newBlock[float32](9, k, ordinary)
		for _, kern := range kernels[float32]() {
			if kern.generic || inTiles[float32](k) && kern.double() {
				continue
			}
			got := kern.results(b)
			t.Run(kern.name, func(t *testing.T) {
				force(t, "generic")
				assert.False(t, got.same(kern.results(b)), "k=%d: the bits of the generic code", k)
			})
		}
	}
}
