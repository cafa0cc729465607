package show

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// Bar is a progress bar on a terminal, below the lines that are written: it goes away for each of
// them. A nil one draws nothing.
type Bar struct {
	bar   *progressbar.ProgressBar
	total int
	start time.Time
}

// barThrottle is the least between two drawings.
const barThrottle = 50 * time.Millisecond

// NewBar is a bar of total steps; nil without a terminal.
func NewBar(terminal io.Writer, total int, throttle time.Duration) *Bar {
	if terminal == nil {
		return nil
	}
	return &Bar{total: total, start: time.Now(), bar: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(terminal),
		progressbar.OptionSetTheme(progressbar.ThemeASCII),
		progressbar.OptionSetWidth(30),
		progressbar.OptionThrottle(throttle),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionUseANSICodes(true),
		progressbar.OptionClearOnFinish(),
	)}
}

// Set says how many steps are done, and in words how far that is.
func (b *Bar) Set(steps int, text string) {
	if b == nil {
		return
	}
	if steps > 0 {
		text += ", " + TimeLeft(time.Since(b.start)*time.Duration(b.total-steps)/time.Duration(steps))
	}
	b.bar.Describe(text)
	b.bar.Set(steps)
}

// Clear takes the bar away until the next Set.
func (b *Bar) Clear() {
	if b != nil {
		b.bar.Clear()
	}
}

// Close ends the bar.
func (b *Bar) Close() {
	if b != nil {
		b.bar.Clear()
		b.bar.Exit()
	}
}

// TimeLeft is a time that something will take, in words.
func TimeLeft(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than 1 s left"
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s left", int(d.Seconds()+0.5))
	case d < 90*time.Minute:
		return fmt.Sprintf("about %d min left", int(d.Minutes()+0.5))
	}
	return fmt.Sprintf("about %d h left", int(d.Hours()+0.5))
}
