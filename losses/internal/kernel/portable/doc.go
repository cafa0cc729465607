// Package portable is the losses in plain Go that is quick, for machines without assembly: what
// package spec computes, by the same formulas, with an exponential of its own, without branches
// that are hard to predict, and with fewer passes over a row.
//
// Its functions are those of package spec with the same names, which say what they compute. Rows
// that need care, such as those with a label that is negative, -0 or not finite, are left to them.
// It computes in float64 whatever the element type. Where nothing cancels, float32 has an
// exponential to 2e-9 and the others one to an ulp of float64.
package portable
