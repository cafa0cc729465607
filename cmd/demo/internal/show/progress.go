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
	run      *record.Run
	trained  string // what the training minimises, over its column
	bar      *Bar
	throttle time.Duration // of the bar
	headed   bool          // the head of the table is written

	shown      map[int]bool // the epochs that have a line
	best, last *train.Epoch
}

// NewProgress writes lines about a run, and draws a bar on terminal unless that is nil.
func NewProgress(lines, terminal io.Writer, run *record.Run) *Progress {
	p := &Progress{lines: lines, terminal: terminal, run: run, trained: trainLoss, throttle: barThrottle,
		shown: map[int]bool{}}
	if run.Teacher != nil {
		p.trained += " with teacher"
	}
	return p
}

// trainLoss is the head of a column.
const trainLoss = "train loss"

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
	watched, unit := p.run.Data.Watched(), lossOf(p.run).unit
	if !p.headed {
		p.headed = true
		fmt.Fprintln(p.lines)
		p.line("epoch", withUnit(p.trained, unit), withUnit(watched+" loss", unit), watched+" accuracy", "")
	}
	s := record.EpochOf(e, watched)
	loss, accuracy := s.Watched(watched)
	p.line(strconv.Itoa(s.Epoch), record.ShortDecimal(s.TrainLoss), record.ShortDecimal(loss),
		record.Percent(accuracy), remark)
	p.shown[e.Epoch] = true
}

// line writes a line of the table, and what is to be said behind it.
func (p *Progress) line(epoch, train, loss, accuracy, remark string) {
	wide := len(p.run.Data.Watched()) - len(record.WatchedTest)
	fmt.Fprintf(p.lines, "%5s  %*s  %*s  %*s%s\n", epoch, 18+len(p.trained)-len(trainLoss), train, 18+wide, loss,
		14+wide, accuracy, remark)
}

// End takes the bar away, wherever the training stopped, and writes the lines that are still
// wanted: with patience those of the best epoch and of the last one, in any case.
func (p *Progress) End() {
	if p.run.Config.Patience > 0 {
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
