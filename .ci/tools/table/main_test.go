package main

import (
	"strings"
	"testing"
)

func TestTable(t *testing.T) {
	const in = `BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 2000 ns/op 3 MB/s
BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 1000 ns/op
BenchmarkA/impl=ours/loss=ce/dtype=f32/n=1-2 10 3000 ns/op
PASS
BenchmarkA/impl=theirs/loss=ce/dtype=f32/n=1 10 5000 ns/op
BenchmarkA/impl=ours/loss=two_words/dtype=f32/n=1 10 120000 ns/op
`
	for _, c := range []struct{ col, base, want string }{
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
	} {
		table, err := read(strings.NewReader(in), strings.Split(c.col, ","))
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := table.print(&out, c.base); err != nil {
			t.Fatal(err)
		}
		if out.String() != c.want {
			t.Errorf("-col %s -base %q: got\n%s, want\n%s", c.col, c.base, out.String(), c.want)
		}
	}
}
