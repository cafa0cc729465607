// Package kernel is the door to the arithmetic of the losses: slices in, slices out. It chooses
// which implementation runs, the vector instructions in package vec or plain Go in package
// portable, and holds nothing else; package spec says what is computed, and tests can run it too.
//
// Every function works on a block of n rows of k classes, row-major, and writes what it computes
// for row i to element i (a number a row) or to elements [i*k, (i+1)*k) (a vector a row) of its
// outputs. Rows never influence each other, and the result of a row does not depend on where in the
// block it stands. Callers pass slices of matching lengths and k >= 1; nothing here checks it.
package kernel

import (
	"softloss/losses/internal/kernel/spec"
	"softloss/losses/internal/kernel/vec"
)

// Implementation names what runs on this machine: avx512, avx2, neon, or generic.
func Implementation() string { return vec.InUse().String() }

// Float is an element type.
type Float = spec.Float

// Family names a separable loss; see [spec.Family].
type Family = spec.Family

// The families.
var (
	GCE      = spec.GCE
	Focal    = spec.Focal
	Poly1    = spec.Poly1
	Absolute = spec.Absolute
	AEL      = spec.AEL
)

// AGCE returns a family; see [spec.AGCE].
func AGCE(b float64) Family { return spec.AGCE(b) }

// AUL returns a family; see [spec.AUL].
func AUL(b float64) Family { return spec.AUL(b) }

// Question is a loss of elements; see [spec.Question].
type Question = spec.Question

// The kinds of questions.
const (
	Normalised = spec.Normalised
	Penalised  = spec.Penalised
	Symmetric  = spec.Symmetric
	Sparsemax  = spec.Sparsemax
	Entmax15   = spec.Entmax15
	BiTempered = spec.BiTempered
)

// ByLabel is a derivative of a loss of elements by their labels; see [spec.ByLabel].
type ByLabel = spec.ByLabel

// The kinds of those derivatives.
const (
	AbsoluteByLabel   = spec.AbsoluteByLabel
	DivergenceByLabel = spec.DivergenceByLabel
	SparsemaxByLabel  = spec.SparsemaxByLabel
	Entmax15ByLabel   = spec.Entmax15ByLabel
	SymmetricByLabel  = spec.SymmetricByLabel
	BiTemperedByLabel = spec.BiTemperedByLabel
)

// Asymmetric holds the parameters of the asymmetric loss; see [spec.Asymmetric].
type Asymmetric = spec.Asymmetric

// ElementSmoothing says how the labels of elements are smoothed; see [spec.ElementSmoothing].
type ElementSmoothing = spec.ElementSmoothing

// Phi returns φ of a separable loss and its derivatives; see [spec.Phi].
func Phi(f Family, a, l, q float64) (v, dv, d2v float64) { return spec.Phi(f, a, l, q) }

// PhiOf returns φ of a separable loss and its derivative; see [spec.PhiOf].
func PhiOf(f Family, a, l, p, q float64) (v, dv float64) { return spec.PhiOf(f, a, l, p, q) }

// Bend returns φ″/φ'; see [spec.Bend].
func Bend(f Family, a, p, q float64) float64 { return spec.Bend(f, a, p, q) }

// HasSlopes reports whether there are [Slopes] of a separable loss, exact enough for an element
// type.
func HasSlopes[T Float](f Family, a float64) bool { return vec.On() && vec.HasSlopes[T](f, a) }

// Slopes stores φ' of a separable loss for every log p; see [vec.Slopes].
func Slopes(f Family, a float64, dst, l []float64) { vec.Slopes(f, a, dst, l) }

// Log is the logarithm, right for denormal numbers too; see [spec.Log].
func Log(x float64) float64 { return spec.Log(x) }

// Complement returns 1 - t with the digits of it that the label u has; see [spec.Complement].
func Complement(t, u float64) float64 { return spec.Complement(t, u) }

// IsComplement reports whether u is a small 1 - t of which t has lost digits; see
// [spec.IsComplement].
func IsComplement(t, u float64) bool { return spec.IsComplement(t, u) }

// Sign returns -1, 0 or 1, and NaN for NaN.
func Sign(x float64) float64 { return spec.Sign(x) }

// LogOf returns log x for x = 1 - rest; see [spec.LogOf].
func LogOf(x, rest float64) float64 { return spec.LogOf(x, rest) }

// MostLift is how large a multiple may be of a p that has lost digits; see [spec.MostLift].
const MostLift = spec.MostLift

// Tiny returns the smallest normal number of the element type.
func Tiny[T Float]() float64 { return spec.Tiny[T]() }
