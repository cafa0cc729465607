package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"

	"softloss/losses"
)

//go:embed report.tmpl.html
var reportText string

// htmlReport is what the page shows.
type htmlReport struct {
	Title    string
	Run      *htmlRun
	Sections []htmlSection
}

type htmlRun struct {
	About             string
	Numbers, Settings []htmlFact
}

type htmlFact struct{ Name, Value string }

type htmlSection struct {
	Title, Caption string
	Beside         bool // the image stands beside the text where there is room
	Tables         []htmlTable
	Images         []htmlImage
}

type htmlTable struct {
	Caption string
	Rows    [][]string
}

type htmlImage struct {
	Source        template.URL
	Small         template.Srcset // for a telephone; "" when the other one will do
	Dark          template.Srcset // on a dark ground; "" to turn the colours round
	Width, Height int
	Most, Least   int // pixels of width on the screen; it is moved sideways when there are fewer than the least
	Alt           string
}

// Pixels of the screen that a point of a sheet has at most, and has to have for small letters to be read.
const (
	mostOfPoint  = 1.57
	leastOfPoint = 1
)

// writeReport writes a page of all that a folder has: the summary of a run, and the studies of the same data, or else
// the studies alone. It needs nothing else, pictures included.
func writeReport(dir string) (string, error) {
	run, err := readJSON(filepath.Join(dir, summaryFile), &summary{})
	if err != nil {
		return "", err
	}
	var studies []*studySummary
	for _, name := range []string{noiseStudyName, answersStudyName} {
		study, err := readStudy(dir, name)
		if err != nil {
			return "", err
		}
		if study != nil && study.Finished > 0 && (run == nil || study.isOf(run)) {
			studies = append(studies, study)
		}
	}
	return writePage(dir, run, studies)
}

// writeStudyReport writes a page of a study, and of the run in the folder if it is of the same data.
func writeStudyReport(dir string, study *studySummary) (string, error) {
	run, err := readJSON(filepath.Join(dir, summaryFile), &summary{})
	if err != nil {
		return "", err
	}
	if run == nil || study.isOf(run) {
		return writeReport(dir)
	}
	return writePage(dir, nil, []*studySummary{study})
}

// isOf reports whether the study is of the data of a run.
func (s *studySummary) isOf(run *summary) bool {
	return filepath.Clean(s.Data) == filepath.Clean(run.Data.Name)
}

// writePage writes the page of a run, which may be nil, and of studies. What is the same in every report comes last.
func writePage(dir string, run *summary, studies []*studySummary) (string, error) {
	page := htmlReport{Title: "softloss: comparison of losses"}
	var examples []htmlSection
	if run != nil {
		page.Title = "softloss: " + filepath.Base(run.Data.Name)
		var err error
		if page.Run, err = run.html(); err != nil {
			return "", err
		}
		all, err := run.pictures()
		if err != nil {
			return "", err
		}
		for _, p := range all {
			section, err := p.html(run)
			if err != nil {
				return "", err
			}
			if p.file == lossByAlphaFile {
				examples = append(examples, section)
			} else {
				page.Sections = append(page.Sections, section)
			}
		}
	}
	for _, study := range studies {
		section, err := study.html()
		if err != nil {
			return "", err
		}
		page.Sections = append(page.Sections, section)
	}
	page.Sections = append(page.Sections, examples...)
	var b bytes.Buffer
	if err := template.Must(template.New("report").Parse(reportText)).Execute(&b, page); err != nil {
		return "", err
	}
	path := filepath.Join(dir, reportFile)
	return path, os.WriteFile(path, b.Bytes(), 0o666)
}

// html is the section of a picture of a run.
func (p picture) html(run *summary) (out htmlSection, err error) {
	out = htmlSection{Title: p.title, Caption: p.caption}
	if p.file == confusionFile {
		out.Beside = !p.whole.scroll
		if table := run.Test.confusions(); len(table.Rows) > 1 {
			out.Tables = append(out.Tables, table)
		}
	}
	out.Images, err = images(p.parts)
	return out, err
}

// images draws for the page.
func images(all []drawing) (out []htmlImage, err error) {
	for _, d := range all {
		source, err := d.dataURL()
		if err != nil {
			return nil, err
		}
		img := htmlImage{Source: template.URL(source), Width: int(d.width), Height: int(d.height), Most: int(mostOfPoint * d.width), Alt: d.alt}
		for into, other := range map[*template.Srcset]*drawing{&img.Small: d.small, &img.Dark: d.dark} {
			if other == nil {
				continue
			}
			source, err := other.dataURL()
			if err != nil {
				return nil, err
			}
			*into = template.Srcset(source)
		}
		if d.scroll {
			img.Least = int(leastOfPoint * d.width)
		}
		out = append(out, img)
	}
	return out, nil
}

// dataURL is the drawing in an address.
func (d drawing) dataURL() (string, error) {
	content, err := drawPNG(d.width, d.height, d.paint)
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(content), err
}

// html is the head of the page.
func (s *summary) html() (*htmlRun, error) {
	loss, err := losses.ParseLoss(s.Config.Loss)
	if err != nil {
		return nil, usagef("loss %q: %s", s.Config.Loss, trimPackage(err))
	}
	info, d, c := describeLoss(loss), s.Data, s.Config
	about := fmt.Sprintf("A network of %s, trained on %s and tested on %s that it never saw.", layers(d, c), count(d.TrainRows, "row"), count(d.TestRows, "row"))
	if d.ValidationRows > 0 {
		about += fmt.Sprintf(" %s more, which it did not learn from either, watched the training.", count(d.ValidationRows, "row"))
	}
	if s.Interrupted {
		about += fmt.Sprintf(" Stopped after %s of %d.", count(len(s.History), "epoch"), c.Epochs)
	}
	numbers := []htmlFact{
		{"test accuracy", percent(s.TestAccuracy)}, {"train accuracy", percent(s.TrainAccuracy)},
		{strings.TrimSpace("test loss " + info.unit), decimal(s.TestLoss)}, {"calibration error (ECE)", percent(s.ECE)},
	}
	if cal := s.Calibration; cal != nil && cal.Temperature.finite() {
		numbers = append(numbers, htmlFact{"ECE, calibrated", percent(cal.ECEAfter)})
	}
	return &htmlRun{about, numbers, s.settings(info)}, nil
}

// settings say how the run was made.
func (s *summary) settings(info lossInfo) []htmlFact {
	d, c := s.Data, s.Config
	title := info.title
	if info.name != c.Loss || info.name != "ce" {
		title += " (" + c.Loss + ")"
	}
	smoothing := "none"
	if c.Alpha != 0 {
		smoothing = fmt.Sprintf("alpha %g, %s rule", c.Alpha, c.Smoothing)
	}
	settings := []htmlFact{
		{"loss", title}, {"smoothing", smoothing},
		{"training", fmt.Sprintf("%s in batches of %d, learning rate %g%s", count(len(s.History), "epoch"), c.Batch, c.LearnRate, c.extras())},
		{"seed", fmt.Sprint(c.Seed)},
	}
	if d.FlippedLabels > 0 {
		settings = append(settings, htmlFact{"label noise", fmt.Sprintf("%s of %d are wrong", count(d.FlippedLabels, "training label"), d.TrainRows+d.ValidationRows)})
	}
	if s.StoppedEarly {
		settings = append(settings, htmlFact{"best epoch", fmt.Sprintf("%d, by the %s loss; it has these weights", s.BestEpoch, d.watched())})
	}
	if s.Teacher != nil {
		settings = append(settings, htmlFact{"teacher", fmt.Sprintf("%s; its test accuracy is %s", s.describeTeacher(), percent(s.Teacher.TestAccuracy))})
	}
	if cal := s.Calibration; cal != nil {
		text := "none: " + cal.Problem
		if cal.Temperature.finite() {
			text = fmt.Sprintf("%s; negative log likelihood of the test %s nats before, %s after",
				s.describeCalibration(), decimal(cal.NLLBefore), decimal(cal.NLLAfter))
		}
		settings = append(settings, htmlFact{"calibration", text})
	}
	return settings
}

// html is the section of a study.
func (s *studySummary) html() (htmlSection, error) {
	out := htmlSection{
		Title: "Losses under label noise",
		Caption: fmt.Sprintf("%s: a part of the training labels is replaced by wrong classes, the test rows are clean. %d epochs, batches of %d.",
			filepath.Base(s.Data), s.Epochs, s.Batch),
	}
	if s.Measure == measureKL {
		out.Title = "Answers of people against their majority"
		out.Caption = fmt.Sprintf("%s: the divergence of predictions from how held-out groups really answered; less is better. "+
			"constant predicts the average of all training rows for everybody. %d epochs.", filepath.Base(s.Data), s.Epochs)
	}
	if s.Finished < s.Runs {
		out.Caption += fmt.Sprintf(" Not finished: %d of %d runs.", s.Finished, s.Runs)
	}
	for _, best := range []bool{false, true} {
		out.Tables = append(out.Tables, htmlTable{s.title(best), s.rows(best)})
	}
	var err error
	out.Images, err = images(s.figure().single())
	return out, err
}
