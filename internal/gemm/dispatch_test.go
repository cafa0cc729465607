package gemm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/gemm/vec"
	"softloss/internal/isa"
	"softloss/internal/numtest"
)

// forced selects an implementation and returns what undoes it.
func forced(name string) (restore func()) { return numtest.Forced(vec.Sets(), vec.Use, name) }

// implementations are the names that this machine can run: the specification first.
func implementations() []string { return numtest.Names(vec.Sets()) }

// TestTheBestRuns: a program starts with the best implementation that the machine has.
func TestTheBestRuns(t *testing.T) {
	sets := vec.Sets()
	was := vec.Use(isa.Portable)
	vec.Use(was)
	require.Equal(t, sets[len(sets)-1], was)
}
