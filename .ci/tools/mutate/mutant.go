package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// mutant is a change of the bytes [from, to) of a file.
type mutant struct {
	file     string // absolute
	line     int
	from, to int
	text     string // what stands there instead
	old      string
}

func (m mutant) String() string {
	return fmt.Sprintf("%s:%d: %s -> %s", m.file, m.line, oneLine(m.old), oneLine(m.text))
}

// oneLine shortens source text for a message.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 90 {
		s = s[:90] + "…"
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// verdict is what the tests said of a mutant.
type verdict int

const (
	killed verdict = iota
	alive
	unbuilt
	hung
)

// test runs the tests of the mutant's package.
func (m mutant) test(scratch string, timeout time.Duration) (verdict, error) {
	dir, err := os.MkdirTemp(scratch, "mutant")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	source, err := os.ReadFile(m.file)
	if err != nil {
		return 0, err
	}
	changed := filepath.Join(dir, filepath.Base(m.file))
	text := append(append(bytes.Clone(source[:m.from]), m.text...), source[m.to:]...)
	if err := os.WriteFile(changed, text, 0o600); err != nil {
		return 0, err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{m.file: changed}})
	if err != nil {
		return 0, err
	}
	plan := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(plan, overlay, 0o600); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	binary := filepath.Join(dir, "test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", plan, "-o", binary, ".")
	build.Dir = filepath.Dir(m.file)
	if build.Run() != nil {
		return unbuilt, nil
	}
	run := exec.CommandContext(ctx, binary, "-test.short", "-test.failfast")
	run.Dir = build.Dir
	run.WaitDelay = time.Second
	switch err := run.Run(); {
	case ctx.Err() != nil:
		return hung, nil
	case err != nil:
		return killed, nil
	}
	return alive, nil
}
