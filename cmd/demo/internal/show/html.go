package show

import (
	"fmt"
	"html/template"
	"path/filepath"
	"strings"

	"softloss/cmd/demo/internal/figure"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// WriteReport writes the page of a run, pictures included, into a folder.
func WriteReport(dir string, run *record.Run) error {
	page := htmlReport{Title: "softloss: " + filepath.Base(run.Data.Name), Run: runSection(run)}
	if run.Test != nil && run.Test.Verdict != nil {
		page.Sections = append(page.Sections, verdictSection(run.Test.Verdict))
	}
	all, err := picturesOf(run)
	if err != nil {
		return err
	}
	for _, p := range all {
		section, err := p.html(run)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, section)
	}
	return page.write(filepath.Join(dir, record.ReportFile))
}

// WriteStudyReport writes the page of a study to a file.
func WriteStudyReport(path string, study *record.Study) error {
	section, err := studySection(study)
	if err != nil {
		return err
	}
	page := htmlReport{Title: "softloss: comparison of losses", Sections: []htmlSection{section}}
	return page.write(path)
}

// html returns the section of a picture of a run.
func (p picture) html(run *record.Run) (out htmlSection, err error) {
	out = htmlSection{Title: p.title, Caption: p.caption}
	if p.file == record.ConfusionFile {
		out.Beside = !p.whole.Scroll
		if table := confusions(run.Test); len(table.Rows) > 1 {
			out.Tables = append(out.Tables, table)
		}
	}
	out.Images, err = images(p.parts)
	return out, err
}

// images draws for the page.
func images(all []figure.Drawing) (out []htmlImage, err error) {
	for _, d := range all {
		img := htmlImage{Most: int(mostOfPoint * d.Width)}
		if d.Scroll {
			img.Least = int(leastOfPoint * d.Width)
		}
		add := func(class string, d *figure.Drawing, themed bool) error {
			svg, err := d.SVG()
			if themed {
				svg = theme.Replace(svg)
			}
			img.Forms = append(img.Forms, htmlForm{class, template.HTML(svg)})
			return err
		}
		class := ""
		if d.Small != nil {
			class = "on-desk"
			if err := add("on-phone", d.Small, true); err != nil {
				return nil, err
			}
		}
		if d.Dark != nil {
			class = "light"
			if err := add("dark", d.Dark, false); err != nil {
				return nil, err
			}
		}
		if err := add(class, &d, d.Dark == nil); err != nil {
			return nil, err
		}
		out = append(out, img)
	}
	return out, nil
}

// theme replaces the colours of the sheet, but not those of the data, by those of the page, light
// or dark.
var theme = strings.NewReplacer("#000000", "var(--ink)", "#FFFFFF", "var(--card)", "#E2E2E2", "var(--line)")

// runSection returns the head of the page.
func runSection(s *record.Run) *htmlRun {
	d, c := s.Data, s.Config
	about := fmt.Sprintf("A network of %s, trained on %s and tested on %s that it never saw.", Layers(d, c),
		phrase.Plural(d.TrainRows, "row"), phrase.Plural(d.TestRows, "row"))
	if d.ValidationRows > 0 {
		about += fmt.Sprintf(" %s more, which it did not learn from either, watched the training.",
			phrase.Plural(d.ValidationRows, "row"))
	}
	if s.Interrupted {
		about += fmt.Sprintf(" Stopped after %s of %d.", phrase.Plural(len(s.History), "epoch"), c.Epochs)
	}
	numbers := []htmlFact{
		{"test accuracy", record.Percent(s.TestAccuracy)}, {"train accuracy", record.Percent(s.TrainAccuracy)},
		{strings.TrimSpace("test loss " + lossOf(s).unit), record.Decimal(s.TestLoss)},
		{"calibration error (ECE)", record.Percent(s.ECE)},
	}
	if s.Test != nil && s.Test.Verdict != nil {
		v, mean, usual := s.Test.Verdict, "mean F1 of the classes", "most frequent class"
		if v.Questions != nil {
			mean, usual = "mean F1 of the labels", "most frequent answers"
		}
		numbers = append(numbers, htmlFact{mean, record.Percent(v.Macro.F1)}, htmlFact{usual, record.Percent(v.Majority)},
			htmlFact{"test NLL nats", record.Decimal(v.NLL)}, htmlFact{"Brier score", record.Decimal(v.Brier)})
	}
	if cal := s.Calibration; cal != nil && cal.Temperature.Finite() {
		numbers = append(numbers, htmlFact{"ECE, calibrated", record.Percent(cal.ECEAfter)})
	}
	return &htmlRun{about, numbers, settings(s)}
}

// verdictSection returns the section of the verdict.
func verdictSection(v *record.Verdict) htmlSection {
	what, more := "class", ""
	if q := v.Questions; q != nil {
		what = "label"
		more = fmt.Sprintf(" All labels of a row are right in %s.", record.Percent(q.AllRight))
	}
	usual := majorityText(v)
	out := htmlSection{
		Title: "Verdict",
		Caption: fmt.Sprintf("How well each %s is found among the test rows: the share of the rows predicted to be of "+
			"it that are (precision), the share of its rows that are found (recall), both in one number (F1), and how many "+
			"rows it has (support). %s is right in %s.%s", what, strings.ToUpper(usual[:1])+usual[1:],
			record.Percent(v.Majority), more),
		Tables: []htmlTable{{Rows: verdictRows(v)}},
	}
	if text := twoClasses(v); text != "" {
		out.Caption += " " + strings.ToUpper(text[:1]) + text[1:] + "."
	}
	return out
}

// settings returns how the run was made.
func settings(s *record.Run) []htmlFact {
	d, c, words := s.Data, s.Config, lossOf(s)
	title := words.title
	if words.name != c.Loss || words.name != "ce" {
		title += " (" + c.Loss + ")"
	}
	smoothing := "none"
	if c.Alpha != 0 {
		smoothing = fmt.Sprintf("alpha %g, %s rule", c.Alpha, c.Smoothing)
	}
	if c.HasQuestions() {
		title += ", of the sigmoid of each label"
	}
	settings := []htmlFact{
		{"loss", title}, {"smoothing", smoothing},
		{"training", fmt.Sprintf("%s in batches of %d, learning rate %g%s", phrase.Plural(len(s.History), "epoch"), c.Batch,
			c.LearnRate, c.Extras())},
		{"seed", fmt.Sprint(c.Seed)},
	}
	if d.FlippedLabels > 0 {
		settings = append(settings, htmlFact{"label noise", fmt.Sprintf("%s of %d are wrong", phrase.Plural(d.FlippedLabels,
			"training label"), d.TrainRows+d.ValidationRows)})
	}
	if s.StoppedEarly {
		settings = append(settings, htmlFact{"best epoch", fmt.Sprintf("%d, by the %s loss; it has these weights",
			s.BestEpoch, d.Watched())})
	}
	if s.Teacher != nil {
		settings = append(settings, htmlFact{"teacher", fmt.Sprintf("%s; its test accuracy is %s", describeTeacher(s),
			record.Percent(s.Teacher.TestAccuracy))})
	}
	if cal := s.Calibration; cal != nil {
		text := "none: " + cal.Problem
		if cal.Temperature.Finite() {
			text = fmt.Sprintf("%s; negative log likelihood of the test %s nats before, %s after",
				describeCalibration(s), record.Decimal(cal.NLLBefore), record.Decimal(cal.NLLAfter))
		}
		settings = append(settings, htmlFact{"calibration", text})
	}
	if m := s.Made; m != nil {
		settings = append(settings, htmlFact{"command", m.Command},
			htmlFact{"made", m.Date.Format("2 January 2006, 15:04") + ", softloss " + m.Version})
	}
	return settings
}

// studySection returns the section of a study.
func studySection(s *record.Study) (htmlSection, error) {
	words := wordsOf(s)
	out := htmlSection{Title: words.section, Caption: fmt.Sprintf("%s: %s %s, batches of %d.",
		filepath.Base(s.Data), words.caption, phrase.Plural(s.Epochs, "epoch"), s.Batch)}
	if s.Finished < s.Runs {
		out.Caption += fmt.Sprintf(" Not finished: %d of %d runs.", s.Finished, s.Runs)
	}
	for _, best := range []bool{false, true} {
		out.Tables = append(out.Tables, htmlTable{studyTitle(s, best), studyRows(s, best)})
	}
	var err error
	out.Images, err = images(StudyFigure(s).Single())
	return out, err
}
