package show

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/train"
)

// observeRun tells p what a trainer would, up to the batch at which it stops.
func observeRun(p *Progress, epochs, batches, stop int) {
	for i := range min(stop, epochs*batches) {
		now := train.Progress{Epoch: i/batches + 1, Epochs: epochs, Batch: i%batches + 1, Batches: batches, Loss: 1}
		if now.Batch == batches {
			x := float64(now.Epoch)
			now.Done = &train.Epoch{Epoch: now.Epoch, Loss: 2 / x, Valid: &train.Metrics{Loss: 3 / x, Accuracy: 1 - 1/(x+1)}}
		}
		p.Observe(now)
	}
	p.End()
}

// ce is a run without validation rows.
var ce = &record.Run{Config: record.Config{Loss: "ce"}}

func TestProgressLines(t *testing.T) {
	var b bytes.Buffer
	observeRun(NewProgress(&b, nil, ce), 32, 3, 1000)
	demotest.Golden(t, "progress.golden", b.String())

	for _, tc := range []struct{ epochs, lines int }{{1, 1}, {2, 2}, {10, 10}, {11, 7}, {30, 11}, {1000, 11}} {
		b.Reset()
		observeRun(NewProgress(&b, nil, ce), tc.epochs, 1, 2000)
		assert.Equal(t, tc.lines, strings.Count(b.String(), " %\n"), "%d epochs", tc.epochs)
	}

	b.Reset()
	observeRun(NewProgress(&b, nil, ce), 5, 4, 3)
	assert.Empty(t, b.String(), "no head before the first epoch is done")
}

// With patience the best epoch and the last one have a line, whatever their numbers.
func TestProgressOfPatience(t *testing.T) {
	run := func(patience int) string {
		var b bytes.Buffer
		p := NewProgress(&b, nil, &record.Run{Config: record.Config{Loss: "ce", Patience: patience},
			Data: record.Data{ValidationRows: 9}, Teacher: &record.Teacher{}})
		for i := 1; i <= 27; i++ {
			p.Observe(train.Progress{Epoch: i, Epochs: 100, Batch: 1, Batches: 1,
				Done: &train.Epoch{Epoch: i, Loss: 1e9 / float64(i), Valid: &train.Metrics{Loss: 2e15}, Best: i <= 22}})
		}
		p.End()
		return b.String()
	}
	assert.NotContains(t, run(0), "   22  ")
	assert.Regexp(t, `^
epoch   train loss with teacher \(nats\)  +validation loss \(nats\)   validation accuracy
    1 +1e\+09 +2e\+15  +0\.00 %
   10 +1e\+08 +2e\+15  +0\.00 %
   20 +5e\+07 +2e\+15  +0\.00 %
   22 +4\.5455e\+07 +2e\+15  +0\.00 %  best
   27 +3\.7037e\+07 +2e\+15  +0\.00 %
$`, run(5))
}

// On a terminal there are the lines, too, and below them a bar, which goes away for each of them.
func TestProgressBar(t *testing.T) {
	var plain, lines, terminal bytes.Buffer
	bar := func() *Progress {
		p := NewProgress(&lines, &terminal, ce)
		p.throttle = 0
		return p
	}
	observeRun(NewProgress(&plain, nil, ce), 2, 50, 1000)
	observeRun(bar(), 2, 50, 1000)
	got := terminal.String()
	assert.Equal(t, plain.String(), lines.String())
	assert.Contains(t, got, "epoch 1/2, ")
	assert.Contains(t, got, "epoch 2/2, less than 1 s left ")
	assert.Contains(t, got, "75% [====")
	assert.NotContains(t, got, "\n", "a bar stays on its line")
	assert.True(t, strings.HasSuffix(got, "\x1b[2K\r"), "it goes away at the end: %q", got)

	terminal.Reset()
	observeRun(bar(), 2, 50, 60)
	assert.Contains(t, terminal.String(), "====")
	assert.True(t, strings.HasSuffix(terminal.String(), "\x1b[2K\r"), "and where the run is stopped: %q",
		terminal.String())

	both := &bytes.Buffer{}
	p := NewProgress(both, both, ce)
	p.throttle = 0
	observeRun(p, 2, 50, 1000)
	assert.Regexp(t, `\x1b\[2K\r\nepoch  .+\n    1  `, both.String(), "the bar goes away before a line")

	terminal.Reset()
	NewProgress(&lines, &terminal, ce).End()
	assert.Empty(t, terminal.String(), "a run that ends before its first batch draws nothing")
}

func TestTimeLeft(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "less than 1 s left", 1700 * time.Millisecond: "about 2 s left", 89 * time.Second: "about 89 s left",
		10 * time.Minute: "about 10 min left", 5 * time.Hour: "about 5 h left",
	} {
		assert.Equal(t, want, TimeLeft(d))
	}
}
