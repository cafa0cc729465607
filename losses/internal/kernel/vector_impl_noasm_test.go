//go:build !amd64 || purego

package kernel

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func force(t testing.TB, name string) { require.Equal(t, "generic", name) }

func forced(string) (restore func()) { return func() {} }

// implementations is the specification alone in this build.
func implementations() []string { return []string{"generic"} }
