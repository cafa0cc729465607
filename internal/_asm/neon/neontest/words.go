// Package neontest compares the comments of generated arm64 assembly with disassemblers.
package neontest

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// File wants the comment of every WORD in a file to say what it does.
func File(t *testing.T, path string) {
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	Words(t, string(text))
}

// Words is File for a text. One disassembler is that of the Go project, the other GNU's, where
// there is one.
func Words(t *testing.T, text string) {
	t.Run("go", func(t *testing.T) { byGo(t, text) })
	t.Run("objdump", func(t *testing.T) { byObjdump(t, text) })
}

var wordLine = regexp.MustCompile(`(?m)^\tWORD \$0x([0-9a-f]{8}) // (.*)$`)

// words returns the code of the WORDs in a text and what their comments say.
func words(t *testing.T, text string) (code []uint32, want []string) {
	for _, m := range wordLine.FindAllStringSubmatch(text, -1) {
		x, err := strconv.ParseUint(m[1], 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		code, want = append(code, uint32(x)), append(want, m[2])
	}
	if n := strings.Count(text, "WORD"); n != len(code) || n == 0 {
		t.Fatalf("%d of %d WORDs have a comment", len(code), n)
	}
	return code, want
}

func byGo(t *testing.T, text string) {
	code, want := words(t, text)
	for i, w := range code {
		in, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, w))
		if got := strings.ToLower(arm64asm.GNUSyntax(in)); err != nil || got != want[i] {
			t.Errorf("%08x: the comment says %q, the disassembler %q (%v)", w, want[i], got, err)
		}
	}
}

func byObjdump(t *testing.T, text string) {
	const tool = "aarch64-linux-gnu-objdump"
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(err)
	}
	code, want := words(t, text)
	var b []byte
	for _, w := range code {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	path := filepath.Join(t.TempDir(), "words")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, "-D", "-b", "binary", "-m", "aarch64", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(string(out)) {
		if _, text, ok := strings.Cut(line, ":\t"); ok {
			got = append(got, strings.TrimSpace(text))
		}
	}
	if len(got) != len(code) {
		t.Fatalf("%d lines for %d words", len(got), len(code))
	}
	for i, w := range code {
		if line := fmt.Sprintf("%08x \t%s", w, strings.Replace(want[i], " ", "\t", 1)); got[i] != line {
			t.Errorf("want %q, got %q", line, got[i])
		}
	}
}
