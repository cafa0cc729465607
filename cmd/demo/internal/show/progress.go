package show

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

// linesWanted is about how many lines the table has.
const linesWanted = 10

// Progress shows how far the training is: a table of epochs and, on a terminal, a bar below it.
type Progress struct {
	lines    io.Writer
	terminal io.Writer // nil: no bar
	unit     string
	watched  string // the rows that are looked at after each epoch
	bar      *Bar
	throttle time.Duration // of the bar
	headed   bool          // the head of the table is written
	Trained  string        // what the training minimises, over its column
	Patient  bool          // the best epoch and the last one are shown in any case

	shown      map[int]bool // the epochs that have a line
	best, last *train.Epoch
}

// NewProgress writes lines, and draws a bar on terminal unless that is nil.
func NewProgress(lines, terminal io.Writer, unit, watched string) *Progress {
	return &Progress{lines: lines, terminal: terminal, unit: unit, watched: watched, throttle: barThrottle,
		Trained: "train loss", shown: map[int]bool{}}
}

// Observe is what the trainer calls after every batch.
func (p *Progress) Observe(now train.Progress) {
	if p.bar == nil {
		p.bar = NewBar(p.terminal, now.Epochs*now.Batches, p.throttle)
	}
	p.bar.Set((now.Epoch-1)*now.Batches+now.Batch, fmt.Sprintf("epoch %d/%d", now.Epoch, now.Epochs))
	e, every := now.Done, (now.Epochs+linesWanted-1)/linesWanted
	if e == nil {
		return
	}
	if p.last = e; e.Best {
		p.best = e
	}
	if e.Epoch != 1 && e.Epoch%every != 0 && e.Epoch != now.Epochs {
		return
	}
	p.epoch(*e, "")
}

// epoch writes the line of an epoch, with a remark behind it.
func (p *Progress) epoch(e train.Epoch, remark string) {
	p.bar.Clear()
	if !p.headed {
		p.headed = true
		fmt.Fprintln(p.lines)
		p.line("epoch", withUnit(p.Trained, p.unit), withUnit(p.watched+" loss", p.unit), p.watched+" accuracy", "")
	}
	s := record.EpochOf(e, p.watched)
	loss, accuracy := s.Watched(p.watched)
	p.line(strconv.Itoa(s.Epoch), record.ShortDecimal(s.TrainLoss), record.ShortDecimal(loss),
		record.Percent(accuracy), remark)
	p.shown[e.Epoch] = true
}

// line writes a line of the table, and what is to be said behind it.
func (p *Progress) line(epoch, train, loss, accuracy, remark string) {
	wide := len(p.watched) - len(record.WatchedTest)
	fmt.Fprintf(p.lines, "%5s  %*s  %*s  %*s%s\n", epoch, 18+len(p.Trained)-len("train loss"), train, 18+wide, loss,
		14+wide, accuracy, remark)
}

// End takes the bar away, wherever the training stopped, and writes the lines that are still
// wanted.
func (p *Progress) End() {
	if p.Patient {
		for _, e := range []*train.Epoch{p.best, p.last} {
			if e != nil && !p.shown[e.Epoch] {
				remark := ""
				if e == p.best {
					remark = "  best"
				}
				p.epoch(*e, remark)
			}
		}
	}
	p.bar.Close()
}
