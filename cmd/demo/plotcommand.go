package main

import (
	"context"
	"os"
	"path/filepath"
)

// plotOptions are what the command line of plot says.
type plotOptions struct {
	summary string
	alpha   bool
	out     string
	quiet   bool
}

const plotIntro = `demo plot draws the pictures and the report again, without training: from the
summary that demo train and the results that demo compare left in a folder.

Usage: demo plot [flags]

Examples:
  demo plot                           all that demo-out has, again
  demo plot -summary run.json -out p  from a summary that -json wrote
  demo plot -loss-by-alpha            that picture alone, from nothing
`

const plotEnd = `
The summary holds all that the pictures show, so that no model is needed. Exit
status: 0 done, 1 failed, 2 wrong flag, value or file.
`

// table returns the flags of plot in the order of -h.
func (o *plotOptions) table() []option {
	return []option{
		{"Flags", "summary", "FILE", "", "summary of a run, as demo train writes it (default: summary.json in -out)", anyText(&o.summary)},
		{"Flags", "loss-by-alpha", "", "false", "draw what smoothing does to a loss, nothing else", boolean(&o.alpha)},
		{"Flags", "out", "DIR", "demo-out", "folder of the pictures and the report", text(&o.out, "a folder")},
		{"Flags", "quiet", "", "false", "print nothing but errors", boolean(&o.quiet)},
	}
}

// plotCommand draws without training.
func plotCommand(_ context.Context, args []string, c console) error {
	var o plotOptions
	rest, err := parseFlags("plot", o.table(), args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("unexpected argument %q, want flags only; a summary is given with -summary", rest[0])
	case o.alpha && o.summary != "":
		return usagef("-loss-by-alpha needs no -summary")
	}
	files, err := o.draw()
	if err != nil {
		return err
	}
	out, _ := c.streams("", o.quiet)
	printFiles(out, files)
	return nil
}

// draw writes the files and returns their names.
func (o *plotOptions) draw() ([]string, error) {
	if o.alpha {
		p, err := alphaPicture()
		if err != nil {
			return nil, err
		}
		if err := checkOutputs(o.out, true, ""); err != nil {
			return nil, err
		}
		return storePictures(o.out, []picture{p})
	}
	run, studies, err := o.read()
	if err != nil {
		return nil, err
	}
	if err := checkOutputs(o.out, true, ""); err != nil {
		return nil, err
	}
	var files []string
	if run != nil {
		all, err := run.pictures()
		if err != nil {
			return nil, err
		}
		if files, err = writePictures(o.out, all); err != nil {
			return nil, err
		}
		if o.summary != "" { // the report reads it from the folder
			content, err := run.json()
			if err != nil {
				return nil, err
			}
			path := filepath.Join(o.out, summaryFile)
			if err := os.WriteFile(path, content, 0o666); err != nil {
				return nil, err
			}
			files = append(files, path)
		}
	}
	for name, study := range studies {
		path := filepath.Join(o.out, name+".png")
		if err := study.figure().write(path); err != nil {
			return nil, err
		}
		files = append(files, path)
	}
	report, err := writeReport(o.out)
	return append(files, report), err
}

// read reads what there is to draw.
func (o *plotOptions) read() (*summary, map[string]*studySummary, error) {
	path := o.summary
	if path == "" {
		path = filepath.Join(o.out, summaryFile)
	}
	run, err := readJSON(path, &summary{})
	if err != nil {
		return nil, nil, err
	}
	if run != nil && (run.Config.Loss == "" || run.Data.Classes == 0) {
		return nil, nil, usagef("%s: is no summary of demo train", path)
	}
	if run == nil && o.summary != "" {
		return nil, nil, usagef("-summary %s: no such file", o.summary)
	}
	studies := map[string]*studySummary{}
	for _, name := range []string{noiseStudyName, answersStudyName} {
		s, err := readStudy(o.out, name)
		if err != nil {
			return nil, nil, err
		}
		if s != nil && s.Finished > 0 {
			studies[name] = s
		}
	}
	if run == nil && len(studies) == 0 {
		return nil, nil, usagef("-out %s: nothing to draw there: run demo train or demo compare first, or give -summary FILE", o.out)
	}
	return run, studies, nil
}
