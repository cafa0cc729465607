//go:build !purego

package vec

//go:generate env -u GOARCH go -C _asm run ./neon -out ../kernels_arm64.s -stubs ../kernels_arm64.go
