//go:build race

package graph_test

// failModes are the modes for runs that fail. After an error of the forward pass, Gorgonia's Lisp
// machine goes on with the backward pass on its goroutine while RunAll returns and takes the queue
// away (vm_genera.go: runall sends the error and does not return). That race is Gorgonia's, so the
// Lisp machine sits out here.
var failModes = []mode{tape, dual, value}

// raceEnabled says whether the race detector is on.
const raceEnabled = true
