package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestMutants(t *testing.T) {
	dir := t.TempDir()
	source := "package p\n\nfunc f(a, b int) int {\n\tif a < b {\n\t\tg()\n\t}\n\ta++\n\treturn -a + 1\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := mutantsOf(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range all {
		_, text, _ := strings.Cut(m.String(), "p.go:")
		got = append(got, text)
	}
	want := []string{
		"4: a < b -> !(a < b)", "4: < -> <=", "5: g() -> nothing", "7: ++ -> --",
		"8: + -> -", "8: + 1 -> nothing", "8: - -> nothing", "8: 1 -> 0",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
