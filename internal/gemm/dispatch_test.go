package gemm

import (
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/gemm/vec"
)

// force selects an implementation for what is left of the test.
func force(t testing.TB, name string) {
	for _, s := range vec.Sets() {
		if s.String() == name {
			was := vec.Use(s)
			t.Cleanup(func() { vec.Use(was) })
			return
		}
	}
	t.Fatal("no implementation ", name)
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
