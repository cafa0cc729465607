//go:build !purego

package optim

import (
	"testing"

	"softloss/internal/numtest"
)

// TestGenerated wants the assembly to be what the generator makes.
func TestGenerated(t *testing.T) { numtest.Generated(t) }
