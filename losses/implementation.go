package losses

import "softloss/losses/internal/kernel"

// Implementation returns which of the implementations of the losses computes here, such as avx512,
// avx2, neon or generic, plain Go. Results of two implementations may differ in the last digits.
func Implementation() string { return kernel.Implementation() }
