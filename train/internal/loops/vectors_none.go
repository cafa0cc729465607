//go:build !amd64 || purego

package loops

// There are no vectors in this build: none of these does anything.

func (a *Adam) vectors(value, m, v, grad []float32) int { return 0 }

func rectifyVectors(x []float32) int { return 0 }

func rectifyGradVectors(out, y, up []float32) int { return 0 }

func addRowsVectors(sum []float64, x []float32) int { return 0 }

func magnitudeVectors(x []float32) (top uint32, n int) { return 0, 0 }

func addFixedVectors(sum []int64, x []float32, scale float64) int { return 0 }

func fromFixedVectors(x []float32, sum []int64, unit float64) int { return 0 }
