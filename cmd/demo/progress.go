package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"softloss/train"
)

// linesWanted is about how many lines the plain progress has.
const linesWanted = 10

// progress shows how far the training is: a bar on a terminal, lines elsewhere.
type progress struct {
	lines    io.Writer
	terminal io.Writer // nil: lines
	unit     string
	bar      *progressbar.ProgressBar
	throttle time.Duration // the least between two drawings of the bar
	accuracy string        // of the last epoch, beside the bar
	headed   bool          // the head of the lines is written
}

// newProgress draws a bar on terminal, or, when that is nil, writes lines.
func newProgress(lines, terminal io.Writer, unit string) *progress {
	return &progress{lines: lines, terminal: terminal, unit: unit, throttle: 50 * time.Millisecond}
}

// observe is what the trainer calls after every batch.
func (p *progress) observe(now train.Progress) {
	if p.terminal != nil {
		p.draw(now)
		return
	}
	e, every := now.Done, (now.Epochs+linesWanted-1)/linesWanted
	if e == nil || e.Epoch != 1 && e.Epoch%every != 0 && e.Epoch != now.Epochs {
		return
	}
	if !p.headed {
		p.headed = true
		fmt.Fprintf(p.lines, "\nepoch  %18s  %18s  %14s\n", withUnit("train loss", p.unit), withUnit("test loss", p.unit), "test accuracy")
	}
	s := summarise(*e)
	fmt.Fprintf(p.lines, "%5d  %18s  %18s  %14s\n", s.Epoch, decimal(s.TrainLoss), decimal(s.TestLoss), percent(s.TestAccuracy))
}

// draw moves the bar.
func (p *progress) draw(now train.Progress) {
	if p.bar == nil {
		p.bar = progressbar.NewOptions(now.Epochs*now.Batches,
			progressbar.OptionSetWriter(p.terminal),
			progressbar.OptionSetTheme(progressbar.ThemeASCII),
			progressbar.OptionSetWidth(30),
			progressbar.OptionThrottle(p.throttle),
			progressbar.OptionUseANSICodes(true),
			progressbar.OptionClearOnFinish(),
		)
	}
	if now.Done != nil && now.Done.Valid != nil {
		p.accuracy = ", test accuracy " + percent(float(now.Done.Valid.Accuracy))
	}
	text := fmt.Sprintf("epoch %d/%d", now.Epoch, now.Epochs)
	if width(p.terminal) >= wideTerminal {
		text += p.accuracy
	}
	p.bar.Describe(text)
	p.bar.Set((now.Epoch-1)*now.Batches + now.Batch)
}

// wideTerminal is the number of columns from which on there is room for the accuracy.
const wideTerminal = 76

// width is the number of columns of a terminal, 80 when it does not say.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

// end takes the bar away, wherever the training stopped.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Clear()
		p.bar.Exit()
	}
}
