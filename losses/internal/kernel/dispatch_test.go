package kernel

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
	"softloss/losses/internal/kernel/vec"
)

// force selects an implementation for what is left of the test.
func force(t testing.TB, name string) { t.Cleanup(forced(name)) }

// forced selects an implementation and returns what undoes it.
func forced(name string) (restore func()) { return numtest.Forced(vec.Sets(), vec.Use, name) }

// implementations are the names that this machine can run: the specification, plain Go, vectors.
func implementations() []string { return numtest.Names(vec.Sets()) }

// eachImplementation runs test on every implementation.
func eachImplementation(t *testing.T, test func(t *testing.T)) {
	for _, name := range implementations() {
		t.Run(name, func(t *testing.T) {
			force(t, name)
			test(t)
		})
	}
}

// TestTheBestRuns: a program starts with the best implementation that the machine has.
func TestTheBestRuns(t *testing.T) {
	names := implementations()
	require.Equal(t, names[len(names)-1], Implementation())
}

// TestImplementationsDiffer fails when a kernel of the door runs the specification whatever is
// chosen: the bits of the others are not those of the specification everywhere. What plain Go does
// quickly differs too little to be seen in float32.
func TestImplementationsDiffer(t *testing.T) {
	vectors := implementations()[2:]
	differ[float32](t, 5, vectors)
	differ[float32](t, 100, vectors)
	differ[float64](t, 100, []string{"generic"})
}

func differ[T Float](t *testing.T, k int, names []string) {
	b := newBlock[T](9, k, ordinary)
	for _, kern := range kernels[T]() {
		if kern.generic || k == 5 && kern.double() {
			continue
		}
		restore := forced("specification")
		want := kern.results(b)
		restore()
		for _, name := range names {
			if !strings.HasPrefix(name, "avx") && (kern.noLogits || strings.HasSuffix(kern.name, "/loss")) {
				continue // the specification prepares labels; few numbers may agree by chance
			}
			restore := forced(name)
			require.False(t, kern.results(b).same(want), "%s k=%d: %s has the bits of the specification", kern.name,
				k, name)
			restore()
		}
	}
}
