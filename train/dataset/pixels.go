package dataset

import (
	"fmt"
	"slices"
)

// pixelNames returns pixel_0_0, pixel_0_1, … for images of the given shape.
func pixelNames(shape []int) []string {
	names := []string{"pixel"}
	for _, size := range shape {
		longer := make([]string, 0, len(names)*size)
		for _, name := range names {
			for i := range size {
				longer = append(longer, fmt.Sprint(name, "_", i))
			}
		}
		names = longer
	}
	return names
}

// ImageSize returns how many rows and columns of pixels the features are: those
// whose names are pixel_0_0, pixel_0_1, …, row by row, as the readers of images
// name them; 0 and 0 for other features.
func (d *Dataset) ImageSize() (rows, columns int) {
	if d == nil || len(d.FeatureNames) == 0 {
		return 0, 0
	}
	_, err := fmt.Sscanf(d.FeatureNames[len(d.FeatureNames)-1], "pixel_%d_%d", &rows, &columns)
	rows, columns = rows+1, columns+1
	if n := len(d.FeatureNames); err != nil || rows < 1 || rows > n || columns != n/rows {
		return 0, 0
	}
	if !slices.Equal(d.FeatureNames, pixelNames([]int{rows, columns})) {
		return 0, 0
	}
	return rows, columns
}
