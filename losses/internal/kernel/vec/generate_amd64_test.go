//go:build !purego

package vec

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"softloss/internal/numtest"
)

// TestGenerated wants the assembly to be what the generators make.
func TestGenerated(t *testing.T) { numtest.Generated(t) }

// TestRegisters wants no register in the kernels of AVX2 that there is with AVX-512 alone: the
// assembler takes them, and other machines do not.
func TestRegisters(t *testing.T) {
	text, err := os.ReadFile("kernels_amd64.s")
	require.NoError(t, err)
	wide := regexp.MustCompile(`[ ,]([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	kernels := 0
	for _, f := range strings.Split(string(text), "\nTEXT ")[1:] {
		name, _, _ := strings.Cut(f, "(")
		if !strings.HasSuffix(name, "AVX2") {
			continue
		}
		kernels++
		f, _, _ = strings.Cut(f, "\n//") // the documentation of the next
		require.Empty(t, wide.FindString(f), name)
	}
	require.Greater(t, kernels, 50)
}
