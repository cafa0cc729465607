package numtest

import "fmt"

// Forced selects an implementation by its name, with the functions of the package that has them,
// and returns what undoes it.
func Forced[S fmt.Stringer](sets []S, use func(S) (was S), name string) (restore func()) {
	for _, s := range sets {
		if s.String() == name {
			was := use(s)
			return func() { use(was) }
		}
	}
	panic("no implementation " + name)
}

// Names are those of implementations.
func Names[S fmt.Stringer](sets []S) (names []string) {
	for _, s := range sets {
		names = append(names, s.String())
	}
	return names
}
