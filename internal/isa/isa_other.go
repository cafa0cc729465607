//go:build (!amd64 && !arm64) || purego

package isa

// Vectors returns nil: there is no assembly in this build.
func Vectors() []Set { return nil }
