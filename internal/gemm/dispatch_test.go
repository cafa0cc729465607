package gemm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/gemm/vec"
)

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
	sets := vec.Sets()
	was := vec.Use(vec.None)
	vec.Use(was)
	require.Equal(t, sets[len(sets)-1], was)
}
