//go:build !purego

package loops

import (
	"testing"

	"softloss/internal/numtest"
)

// TestGenerated wants the assembly to be what the generator makes.
func TestGenerated(t *testing.T) { numtest.Generated(t) }
