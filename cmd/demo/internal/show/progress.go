package show

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

// linesWanted is about how many lines the plain progress has.
const linesWanted = 10

// Progress shows how far the training is: a bar on a terminal, lines elsewhere.
type Progress struct {
	lines    io.Writer
	terminal io.Writer // nil: lines
	unit     string
	watched  string // the rows that are looked at after each epoch
	bar      *progressbar.ProgressBar
	throttle time.Duration // the least between two drawings of the bar
	accuracy string        // of the last epoch, beside the bar
	headed   bool          // the head of the lines is written
	Trained  string        // what the training minimises, over its column
	Patient  bool          // the best epoch and the last one are shown in any case

	shown      map[int]bool // the epochs that have a line
	best, last *train.Epoch
}

// NewProgress draws a bar on terminal, or, when that is nil, writes lines.
func NewProgress(lines, terminal io.Writer, unit, watched string) *Progress {
	return &Progress{lines: lines, terminal: terminal, unit: unit, watched: watched, throttle: 50 * time.Millisecond,
		Trained: "train loss", shown: map[int]bool{}}
}

// Observe is what the trainer calls after every batch.
func (p *Progress) Observe(now train.Progress) {
	if p.terminal != nil {
		p.draw(now)
		return
	}
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

// draw moves the bar.
func (p *Progress) draw(now train.Progress) {
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
		p.accuracy = ", " + p.watched
		if p.watched == record.WatchedTest {
			p.accuracy += " accuracy"
		}
		p.accuracy += " " + record.Percent(record.Float(now.Done.Valid.Accuracy))
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

// End takes the bar away, wherever the training stopped, or writes the lines that are still wanted.
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
	if p.bar != nil {
		p.bar.Clear()
		p.bar.Exit()
	}
}
