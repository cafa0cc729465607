package baseop_test

import (
	"hash/fnv"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/baseop"
)

// TestBase wants what Gorgonia asks an op for, and a mark to change its hash.
func TestBase(t *testing.T) {
	b := baseop.Base{Inputs: 3, Text: "text"}
	require.Equal(t, 3, b.Arity())
	require.True(t, b.ReturnsPtr())
	require.False(t, b.CallsExtern())
	require.Equal(t, -1, b.OverwritesInput())
	h := fnv.New32a()
	b.WriteHash(h)
	plain := b.Hashcode()
	require.Equal(t, h.Sum32(), plain)
	require.Equal(t, "text", b.String())

	seen := map[uint32]bool{plain: true}
	for i := 1; i < 5; i++ {
		b.Mark(i)
		require.False(t, seen[b.Hashcode()], b.String())
		seen[b.Hashcode()] = true
	}
	b.Mark(0)
	require.Equal(t, plain, b.Hashcode())
}
