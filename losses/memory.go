package losses

// memory lends numbers for the time of one row. Once it has lent what a row needs it allocates
// nothing.
type memory struct {
	buf  []float64
	used int
}

// take returns n numbers of any value, which free takes back.
func (m *memory) take(n int) []float64 {
	if m.used+n > len(m.buf) {
		m.buf = make([]float64, 2*(m.used+n)) // what is lent stays in the old memory
	}
	m.used += n
	return m.buf[m.used-n : m.used : m.used]
}

// free takes back the last n numbers that were lent.
func (m *memory) free(n int) { m.used -= n }
