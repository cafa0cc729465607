// Command neon generates the arm64 kernels of package vec: see the go:generate line there.
package main

import (
	"fmt"

	. "softloss/internal/_asm/neon"
)

func main() {
	preamble := fmt.Sprintf(`
// lanes is the number of elements of a vector.
func lanes[T spec.Float]() int { return %d / int(unsafe.Sizeof(T(0))) }
`, vectorBytes)
	Main("softloss/internal/gemm/spec", preamble, func(a *Asm) {
		panel(a)
		transpose(a)
	})
}

const vectorBytes = 16
