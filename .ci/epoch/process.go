package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
)

// process is a contestant that runs.
type process struct {
	name     string
	command  *exec.Cmd
	in       io.WriteCloser
	out      *bufio.Scanner
	seconds  []float64 // of the epochs of all turns
	accuracy float64   // at the end
}

// launch starts a contestant and waits until it is warm.
func launch(name, threads string, command ...string) (*process, error) {
	p := &process{name: name, command: exec.Command(command[0], command[1:]...)}
	p.command.Stderr = os.Stderr
	p.command.Env = os.Environ()
	for _, v := range []string{"GOMAXPROCS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"} {
		p.command.Env = append(p.command.Env, v+"="+threads)
	}
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if p.in, err = p.command.StdinPipe(); err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	if !p.out.Scan() || p.out.Text() != "ready" {
		return nil, fmt.Errorf("%s: got the line %q, want ready", name, p.out.Text())
	}
	return p, nil
}

// turn lets it train for a turn.
func (p *process) turn() error {
	if _, err := fmt.Fprintln(p.in); err != nil {
		return err
	}
	seconds, err := p.numbers()
	p.seconds = append(p.seconds, seconds...)
	return err
}

// end lets it end.
func (p *process) end() error {
	p.in.Close()
	last, err := p.numbers()
	if err != nil {
		return err
	}
	p.accuracy = last[0]
	return p.command.Wait()
}

// numbers reads a line of one number or more.
func (p *process) numbers() ([]float64, error) {
	p.out.Scan()
	var out []float64
	for _, field := range strings.Fields(p.out.Text()) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.name, err)
		}
		out = append(out, v)
	}
	if out == nil {
		return nil, fmt.Errorf("%s: ended early", p.name)
	}
	return out, nil
}

// quantile is that of the seconds, with linear interpolation.
func (p *process) quantile(q float64) float64 {
	s := slices.Sorted(slices.Values(p.seconds))
	at := q * float64(len(s)-1)
	i := int(at)
	return s[i] + (at-float64(i))*(s[min(i+1, len(s)-1)]-s[i])
}
