// Package study trains the same network many times and compares losses.
package study

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
	"softloss/internal/phrase"
	"softloss/losses"
	"softloss/train"
	"softloss/train/dataset"
)

// studyRun makes the runs of a study that are missing.
type studyRun struct {
	*Options
	text     io.Writer
	terminal io.Writer // nil draws no bar
	set      *dataset.Dataset
	journal  *journal

	mu      sync.Mutex
	bar     *show.Bar
	epochs  int // that have ended, of all runs
	start   time.Time
	missing int // runs
	ended   int // of these
}

// run makes the runs, several at a time, and returns the first error that is not the end of ctx.
func (s *studyRun) run(ctx context.Context) error {
	var todo []record.Job
	for _, j := range s.allJobs() {
		if _, done := s.journal.done[j]; !done {
			todo = append(todo, j)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	s.start, s.missing = time.Now(), len(todo)
	s.bar = show.NewBar(s.terminal, len(todo)*s.Epochs, 100*time.Millisecond)
	defer s.bar.Close()
	workers := s.jobs
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan record.Job)
	var group sync.WaitGroup
	for range min(workers, len(todo)) {
		group.Go(func() {
			for j := range queue {
				if err := s.one(ctx, j); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, j := range todo {
		select {
		case queue <- j:
		case <-ctx.Done():
		}
	}
	close(queue)
	group.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// one makes a run and keeps its result.
func (s *studyRun) one(ctx context.Context, j record.Job) error {
	if ctx.Err() != nil {
		return nil
	}
	start := time.Now()
	r, err := s.do(ctx, s.set, j, s.observe)
	if err != nil {
		if errors.Is(err, ctx.Err()) {
			return nil
		}
		return fmt.Errorf("%s, level %g, seed %d: %w", j.Loss, j.Level, j.Seed, err)
	}
	r.Seconds = time.Since(start).Seconds()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended++
	left := "nothing left"
	if s.ended < s.missing {
		left = show.TimeLeft(time.Since(s.start) * time.Duration(s.missing-s.ended) / time.Duration(s.ended))
	}
	level := ""
	if s.kind.level != "" {
		level = fmt.Sprintf(s.kind.level+" ", j.Level)
	}
	s.bar.Clear()
	fmt.Fprintf(s.text, "%4d/%d  %-14s %sseed %-2d  last %s  best %s  %s\n", s.ended, s.missing, j.Loss, level, j.Seed,
		s.kind.score(r.Last), s.kind.score(r.Best), left)
	return s.journal.add(r)
}

// observe counts the epochs of all runs.
func (s *studyRun) observe(p train.Progress) {
	if p.Done == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epochs++
	s.bar.Set(s.epochs, fmt.Sprintf("run %d of %d", min(s.ended+1, s.missing), s.missing))
}

// Do runs the command compare.
func Do(ctx context.Context, args []string, c cli.Console) error {
	o, err := Parse(args)
	if err != nil {
		return err
	}
	text, terminal := o.Streams(c)
	set, err := o.Load()
	if err != nil {
		return err
	}
	if err := o.weights.Apply(new(losses.Criterion), set); err != nil { // which each run will do
		return err
	}
	if err := o.Output.Prepare(o.Files(), o.file(".jsonl"), o.file(".png"), o.file(".html")); err != nil {
		return err
	}
	j, err := openJournal(o.file(".jsonl"), o.identity(set), o.fresh)
	if err != nil {
		return err
	}
	defer j.file.Close()
	s := &studyRun{Options: &o, text: text, terminal: terminal, set: set, journal: j}
	ctx, stop := c.Interruptible(ctx)
	defer stop()
	s.printHead()
	if err := s.run(ctx); err != nil {
		return err
	}
	study := o.summary(j.done)
	fmt.Fprintln(text)
	if ctx.Err() != nil {
		fmt.Fprintf(text, "stopped: %d of %s finished and kept in %s; to go on:\n  %s\n\n", study.Finished,
			phrase.Plural(study.Runs, "run"), o.file(".jsonl"),
			c.Command("compare", args, "fresh"))
	}
	if err := saveStudy(study, &o, text, c.Stdout); err != nil {
		return err
	}
	if study.Finished < study.Runs {
		return cli.ErrInterrupted
	}
	return nil
}

// printHead says what will be done.
func (s *studyRun) printHead() {
	d := record.Data{Features: s.set.NumFeatures(), Classes: s.set.NumClasses()}
	kept := 0
	for _, j := range s.allJobs() {
		if _, ok := s.journal.done[j]; ok {
			kept++
		}
	}
	fmt.Fprintf(s.text, "data     %s: %s, %g of them for the test, another split for each seed\n", s.Data,
		phrase.Plural(s.set.Len(), "row"), s.TestFraction)
	fmt.Fprintf(s.text, "network  %s, %s in batches of %d, learning rate %g\n",
		show.Layers(d, record.Config{Hidden: s.Hidden}),
		phrase.Plural(s.Epochs, "epoch"), s.Batch, s.LearnRate)
	what := fmt.Sprintf("%s, %s, %s", phrase.Plural(len(s.Losses), "loss"), phrase.Plural(len(s.Levels), s.kind.rate),
		phrase.Plural(s.Seeds, "seed"))
	if s.isAnswers() {
		what = fmt.Sprintf("%d kinds of label, %s", len(s.Losses), phrase.Plural(s.Seeds, "seed"))
	}
	fmt.Fprintf(s.text, "study    %s: %s", what, phrase.Plural(len(s.allJobs()), "run"))
	if kept > 0 {
		fmt.Fprintf(s.text, ", %d of them finished before", kept)
	}
	fmt.Fprint(s.text, "\n\n")
}
