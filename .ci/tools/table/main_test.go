package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	check(t, `BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 2000 ns/op 3 MB/s
BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 1000 ns/op
BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 3000 ns/op
PASS
BenchmarkA/impl=theirs/loss=ce/dtype=f32/n=1 10 5000 ns/op
BenchmarkA/impl=ours/loss=two_words/dtype=f32/n=1 10 120000 ns/op
`, []want{
		{"impl", "", `|  | ours | theirs |
|---|---|---|
| ce | 1.00 µs (2.00 µs) | 5.00 µs (5.00 µs) 5.0× |
| two words | 120 µs (120 µs) |  |
`},
		{"impl", "loss=ce", `|  | ours | theirs |
|---|---|---|
| ce | 1.00 µs (2.00 µs) | 5.00 µs (5.00 µs) |
| two words | 120 |  |
`},
		{"impl,n", "", `|  | ours | theirs |
|---|---|---|
| ce | 1.00 µs (2.00 µs) | 5.00 µs (5.00 µs) 5.0× |
| two words | 120 µs (120 µs) |  |
`},
	})
}

// A ratio that rounds up to 1, a value with = in it, and rows without the base's key or without the
// base.
func TestOtherRows(t *testing.T) {
	check(t, `BenchmarkA/loss=ce/n=1 10 2000 ns/op
BenchmarkA/loss=gce_Q=1/n=1 10 1998 ns/op
BenchmarkA/what=else/n=1 10 1234 ns/op
BenchmarkA/loss=alone/n=2 10 999.6 ns/op
`, []want{{"dtype", "loss=ce", `|  |  |
|---|---|
| loss=ce n=1 | 2.00 µs (2.00 µs) |
| loss=gce Q=1 n=1 | 1.0 |
| what=else n=1 | 1.23 µs (1.23 µs) |
| loss=alone n=2 | 1000 ns (1000 ns) |
`}})
}

// want is the table of columns and a base.
type want struct{ col, base, table string }

func check(t *testing.T, in string, wants []want) {
	t.Helper()
	for _, c := range wants {
		table, err := read(strings.NewReader(in), strings.Split(c.col, ","))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := table.print(&out, c.base); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.table {
			t.Errorf("-col %s -base %q: got\n%s, want\n%s", c.col, c.base, out.String(), c.table)
		}
	}
}
