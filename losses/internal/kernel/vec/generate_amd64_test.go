//go:build !purego

package vec

import (
	"testing"

	"softloss/internal/numtest"
)

// TestGenerated wants the assembly to be what the generators make.
func TestGenerated(t *testing.T) { numtest.Generated(t) }
