//go:build !race

package graph_test

// failModes are the modes for runs that fail: all. Under the race detector the Lisp machine sits
// out.
var failModes = []mode{tape, dual, lisp, value}

// raceEnabled says whether the race detector is on.
const raceEnabled = false
