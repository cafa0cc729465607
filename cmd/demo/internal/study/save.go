package study

import (
	"io"
	"os"

	"softloss/cmd/demo/internal/record"
	"softloss/cmd/demo/internal/show"
)

// saveStudy prints the tables and writes the files.
func saveStudy(s *record.Study, o *Options, text, stdout io.Writer) error {
	show.PrintStudy(s, text)
	content, err := record.JSON(s)
	if err != nil {
		return err
	}
	files := []string{o.file(".jsonl"), o.file(".json")}
	if err := os.WriteFile(files[1], content, 0o666); err != nil {
		return err
	}
	more, err := o.WriteJSON(content, stdout)
	if err != nil {
		return err
	}
	files = append(files, more...)
	if !o.NoPlots && s.Finished > 0 {
		path := o.file(".png")
		if err := show.StudyFigure(s).Write(path); err != nil {
			return err
		}
		report, err := show.WriteStudyReport(o.Out, s)
		if err != nil {
			return err
		}
		files = append(files, path, report)
	}
	show.Files(text, files)
	return nil
}
