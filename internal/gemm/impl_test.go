package gemm

import "testing"

// implementations is the specification alone in this build.
func implementations() []string { return []string{"generic"} }

func force(testing.TB, string) {}
