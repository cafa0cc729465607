//go:build !purego

package vec

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestProcessor holds the look at the processor to what the kernel has seen.
func TestProcessor(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skip(err)
	}
	amd, family := processor()
	require.Equal(t, strings.Contains(string(info), "AuthenticAMD"), amd)
	require.Regexp(t, fmt.Sprintf(`cpu family\s*: %d\n`, family), string(info))
	require.Equal(t, amd && family < zen5, reach == 0)
}
