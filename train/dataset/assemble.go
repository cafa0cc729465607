package dataset

import (
	"strconv"
)

// dataset turns the table into tensors.
func (t *table) dataset() (*Dataset, error) {
	d := &Dataset{}
	if err := t.putFeatures(d); err != nil {
		return nil, err
	}
	if t.class != nil {
		names, index, err := t.class.classes()
		if err != nil {
			return nil, err
		}
		d.ClassNames, d.LabelName = names, t.class.title()
		d.Labels, err = oneHot(index, len(names))
		return d, err
	}
	labels, totals, err := softRows("labels", t.weights, len(t.labels))
	if err != nil {
		return nil, err
	}
	d.Labels = labels
	for j, c := range t.labels {
		name := c.name
		if name == "" {
			name = strconv.Itoa(j)
		}
		d.ClassNames = append(d.ClassNames, name)
	}
	if t.counts {
		d.Counts = totals
	}
	return d, nil
}

// putFeatures writes all feature columns side by side.
func (t *table) putFeatures(d *Dataset) error {
	type span struct {
		from, to int
		write    func(dst []float32, i int)
	}
	var spans []span
	for _, c := range t.features {
		names, write := c.expand()
		from := len(d.FeatureNames)
		d.FeatureNames = append(d.FeatureNames, names...)
		spans = append(spans, span{from, len(d.FeatureNames), write})
	}
	width := len(d.FeatureNames)
	x, data, err := newMatrix("features", t.rows, width)
	if err != nil {
		return err
	}
	for i := range t.rows {
		row := data[i*width : (i+1)*width]
		for _, s := range spans {
			s.write(row[s.from:s.to], i)
		}
	}
	d.Features = x
	return nil
}
