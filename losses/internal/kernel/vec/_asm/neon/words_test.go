package main

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

const generated = "../../kernels_arm64.s"

// everything emits every instruction that Go's assembler lacks, for both element types, with
// registers that tell the fields apart.
func everything() string {
	a := &asm{}
	for _, a.f64 = range []bool{false, true} {
		for _, i := range threes {
			a.op(i, 1, 30, 13)
			a.op(i, 31, 2, 20)
		}
	}
	for _, i := range twos {
		a.conv(i, 9, 22)
		a.conv(i, 22, 9)
	}
	return a.String()
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

func file(t *testing.T, name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestWords compares the comment of every WORD, of the generated file and of everything, with the
// disassembler of the Go project.
func TestWords(t *testing.T) {
	code, want := words(t, file(t, generated)+everything())
	for i, w := range code {
		in, err := arm64asm.Decode(binary.LittleEndian.AppendUint32(nil, w))
		if got := strings.ToLower(arm64asm.GNUSyntax(in)); err != nil || got != want[i] {
			t.Errorf("%08x: the comment says %q, the disassembler %q (%v)", w, want[i], got, err)
		}
	}
}

// TestWordsObjdump compares them with GNU's disassembler where there is one.
func TestWordsObjdump(t *testing.T) {
	const tool = "aarch64-linux-gnu-objdump"
	if _, err := exec.LookPath(tool); err != nil {
		t.Skip(err)
	}
	code, want := words(t, file(t, generated)+everything())
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
