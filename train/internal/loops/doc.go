// Package loops has the trainer's loops over the elements of tensors. Each is written in Go, which
// says what it computes, and on amd64 in vectors that compute the same, to the bit.
package loops
