package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/losses/internal/kernel/vec"
)

// force selects an implementation for what is left of the test.
func force(t testing.TB, name string) { t.Cleanup(forced(name)) }

// forced selects an implementation and returns what undoes it.
func forced(name string) (restore func()) {
	for _, s := range vec.Sets() {
		if s.String() == name {
			was := vec.Use(s)
			return func() { vec.Use(was) }
		}
	}
	panic("no implementation " + name)
}

// implementations are the names that this machine can run, the specification first.
func implementations() (names []string) {
	for _, s := range vec.Sets() {
		names = append(names, s.String())
	}
	return names
}

// TestTheBestRuns: a program starts with the best implementation that the machine has.
func TestTheBestRuns(t *testing.T) {
	names := implementations()
	require.Equal(t, names[len(names)-1], Implementation())
}

// TestImplementationsDiffer fails when a kernel of the door runs the specification whatever is
// chosen: the bits of vectors are not those of the specification everywhere.
func TestImplementationsDiffer(t *testing.T) {
	for _, k := range []int{5, 100} {
		b := newBlock[float32](9, k, ordinary)
		for _, kern := range kernels[float32]() {
			if kern.generic || k == 5 && kern.double() {
				continue
			}
			restore := forced("generic")
			want := kern.results(b)
			restore()
			for _, name := range implementations()[1:] {
				restore := forced(name)
				require.False(t, kern.results(b).same(want), "%s k=%d: %s has the bits of the specification", kern.name, k, name)
				restore()
			}
		}
	}
}
