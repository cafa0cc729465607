// Command asm generates the amd64 kernels of package vec: see the go:generate line there.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("!purego")
	for _, g := range isas {
		g.panel()
		g.copyPanel()
		if !g.avx512 {
			g.transpose()
		}
	}
	Generate()
}
