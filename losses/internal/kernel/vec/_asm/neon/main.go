// Command neon generates the arm64 kernels of package vec: see the go:generate line there.
package main

import (
	"fmt"

	. "softloss/internal/_asm/neon"
)

// asm collects the text of the assembly.
type asm struct {
	*Asm
	elements64 bool // the elements in memory of a kernel that computes in float64
}

func main() {
	preamble := fmt.Sprintf(`
// block is how many elements, or a multiple of it, the kernels of exponentials and terms want.
func block[T spec.Float]() int { return %d / spec.Size[T]() }

// expOffset is what magic has beside the middle of its binade less the shift.
const expOffset = %d
`, unroll*16, offset)
	Main("softloss/losses/internal/kernel/spec", preamble, func(a *Asm) { (&asm{Asm: a}).kernels() })
}

func (a *asm) kernels() {
	a.rowMax()
	a.find()
	a.exps(false, false)
	a.exps(true, false)
	a.exps(false, true)
	a.exps(true, true)
	a.elementwise()
	a.exps64(false)
	a.exps64(true)
	a.mae()
	a.softmaxGrad()
	a.polyTerms()
	a.focalTerms()
	a.gceTerms()
	a.gradient()
	a.labels()
}
