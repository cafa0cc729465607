// Package oracle evaluates criteria slowly and exactly, for tests and for the figures of
// RELIABILITY.md.
//
// The losses are written down here a second time, as their documentation states them, in numbers of
// math/big with as many bits as a row needs, and differentiated by a tape: neither formulas of
// gradients nor any other code is shared with what is tested. [Random] makes criteria and batches,
// [Compare] says how far losses.Criterion is from [Evaluate].
package oracle
