// Command table makes a table in Markdown of what Go benchmarks print.
//
//	table -col KEY,… [-base KEY=VALUE] [FILE]
//
// A row is a benchmark of the names BenchmarkX/key=value/…, a column a value of the keys -col. A
// cell has the least time and, in brackets, the median, and behind the first column how many times
// the first's least time it took. With -base a cell has the least time in times of that of the row
// which has VALUE for KEY and else the same keys; that row has its times, and so has one that none
// was measured for. Benchmarks of one name in several runs, or in several places of the file, are
// one cell.
package main

import (
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/perf/benchfmt"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("table: ")
	col := flag.String("col", "impl", "the keys whose values are the columns, with commas between them")
	base := flag.String("base", "", "KEY=VALUE of the rows that the others are compared with")
	flag.Parse()
	in := io.Reader(os.Stdin)
	if name := flag.Arg(0); name != "" {
		f, err := os.Open(name)
		if err != nil {
			log.Fatal(err)
		}
		defer f.Close()
		in = f
	}
	t, err := read(in, strings.Split(*col, ","))
	if err != nil {
		log.Fatal(err)
	}
	if err := t.print(os.Stdout, *base); err != nil {
		log.Fatal(err)
	}
}

// table has the times of cells in nanoseconds, rows and columns in the order of the file. Both are
// keys and values, key=value/key=value.
type table struct {
	rows, columns []string
	times         map[[2]string][]float64
}

func read(in io.Reader, keys []string) (*table, error) {
	t := &table{times: map[[2]string][]float64{}}
	results := benchfmt.NewReader(in, "")
	for results.Scan() {
		r, ok := results.Result().(*benchfmt.Result)
		if !ok {
			continue
		}
		seconds, ok := r.Value("sec/op")
		if !ok {
			continue
		}
		row, column := split(r.Name, keys)
		if !slices.Contains(t.rows, row) {
			t.rows = append(t.rows, row)
		}
		if !slices.Contains(t.columns, column) {
			t.columns = append(t.columns, column)
		}
		at := [2]string{row, column}
		t.times[at] = append(t.times[at], seconds*1e9)
	}
	if err := results.Err(); err != nil {
		return nil, err
	}
	for _, times := range t.times {
		slices.Sort(times)
	}
	return t, nil
}

// split returns the keys and values of a benchmark's name that make its row and its column.
func split(name benchfmt.Name, keys []string) (row, column string) {
	_, parts := name.Parts()
	var rows, columns []string
	for _, p := range parts {
		pair := strings.TrimPrefix(string(p), "/")
		switch key, _, ok := strings.Cut(pair, "="); {
		case !ok: // the number of processors
		case slices.Contains(keys, key):
			columns = append(columns, pair)
		default:
			rows = append(rows, pair)
		}
	}
	return strings.Join(rows, "/"), strings.Join(columns, "/")
}

func (t *table) print(out io.Writer, base string) error {
	rows := titles(t.rows)
	if err := line(out, slices.Concat([]string{""}, titles(t.columns))); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, "|"+strings.Repeat("---|", 1+len(t.columns))); err != nil {
		return err
	}
	for i, row := range t.rows {
		cells := []string{rows[i]}
		for _, column := range t.columns {
			cells = append(cells, t.cell(row, column, base))
		}
		if err := line(out, cells); err != nil {
			return err
		}
	}
	return nil
}

func line(out io.Writer, cells []string) error {
	_, err := fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
	return err
}

// cell returns the text of a cell: none where nothing was measured.
func (t *table) cell(row, column, base string) string {
	times := t.times[[2]string{row, column}]
	if len(times) == 0 {
		return ""
	}
	least, other := times[0], like(row, base)
	if of := t.times[[2]string{other, column}]; len(of) > 0 && other != row {
		return digits(least/of[0], 2)
	}
	text := duration(least) + " (" + duration(times[len(times)/2]) + ")"
	if first := t.times[[2]string{row, t.columns[0]}]; column != t.columns[0] && base == "" && len(first) > 0 {
		text += " " + digits(least/first[0], 2) + "×"
	}
	return text
}

func has(row, pair string) bool { return slices.Contains(strings.Split(row, "/"), pair) }

// like returns row with the value of pair for its key.
func like(row, pair string) string {
	key, _, _ := strings.Cut(pair, "=")
	parts := strings.Split(row, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, key+"=") {
			parts[i] = pair
		}
	}
	return strings.Join(parts, "/")
}

// titles are names without what all of them have, and without the key where one is left.
func titles(names []string) []string {
	titles := make([]string, len(names))
	for i, name := range names {
		pairs := slices.DeleteFunc(strings.Split(name, "/"), func(pair string) bool {
			return len(names) > 1 && !slices.ContainsFunc(names, func(n string) bool { return !has(n, pair) })
		})
		if len(pairs) == 1 {
			_, pairs[0], _ = strings.Cut(pairs[0], "=")
		}
		titles[i] = strings.ReplaceAll(strings.Join(pairs, " "), "_", " ")
	}
	return titles
}

// duration is a time of three digits.
func duration(ns float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e9, "s"}, {1e6, "ms"}, {1e3, "µs"}} {
		if ns >= u.size {
			return digits(ns/u.size, 3) + " " + u.name
		}
	}
	return digits(ns, 3) + " ns"
}

// digits is a number with n digits, or more where it has more before the point.
func digits(v float64, n int) string {
	rounded := strconv.FormatFloat(v, 'e', n-1, 64)
	exponent, _ := strconv.Atoi(rounded[strings.Index(rounded, "e")+1:])
	return strconv.FormatFloat(v, 'f', max(0, n-1-exponent), 64)
}
