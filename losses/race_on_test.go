//go:build race

package losses_test

// raceEnabled: the race detector allocates, and sync.Pool drops at random under it.
const raceEnabled = true
