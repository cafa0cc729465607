//go:build !purego

package vec

//go:generate go -C _asm run ./neon -out ../kernels_arm64.s -stubs ../kernels_arm64.go

// vectors returns the sets that the machine has: every arm64 has NEON.
func vectors() []Set { return []Set{NEON} }
