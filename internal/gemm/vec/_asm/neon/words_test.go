package main

import (
	"testing"

	"softloss/internal/_asm/neon/neontest"
)

func TestWords(t *testing.T) { neontest.File(t, "../../kernels_arm64.s") }
