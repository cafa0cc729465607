//go:build (amd64 || arm64) && !purego

package vec

// first returns a pointer to the first element, nil for nil.
func first[T any](x []T) *T {
	if x == nil {
		return nil
	}
	return &x[0]
}
