//go:build !purego

package vec

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestVendor holds the look at the vendor to what the kernel has seen.
func TestVendor(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	require.Equal(t, strings.Contains(string(info), "AuthenticAMD"), amd())
	require.Equal(t, amd(), reach == 0)
}
