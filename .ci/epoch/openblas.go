//go:build cgo

package main

import "gonum.org/v1/netlib/blas/netlib"

// Linked with CGO_LDFLAGS=-lopenblas; another library with the C interface of BLAS would do.
func init() { implementations["openblas"] = netlib.Implementation{} }
