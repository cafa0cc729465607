package show

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"softloss/cmd/demo/internal/cli"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// Files writes which files were written.
func Files(w io.Writer, files []string) {
	for i, f := range files {
		head := "wrote"
		if i > 0 {
			head = ""
		}
		fmt.Fprintf(w, "%-5s %s\n", head, f)
	}
}

// table writes cells in columns, the first one aligned to the left and the others to the right.
func table(w io.Writer, indent string, rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cli.OneLine(cell)))
		}
	}
	for _, row := range rows {
		line := indent
		for i, cell := range row {
			cell = cli.OneLine(cell)
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if i == 0 {
				line += cell + pad
			} else {
				line += "   " + pad + cell
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// withUnit returns a name with the unit behind it.
func withUnit(name, unit string) string {
	if unit == "" {
		return name
	}
	return name + " (" + unit + ")"
}

// describeCalibration returns the temperature in words.
func describeCalibration(s *record.Run) string {
	rows := phrase.Plural(s.Data.ValidationRows, "validation row")
	if s.Data.FlippedLabels > 0 {
		rows += ", labels with noise"
	}
	return fmt.Sprintf("temperature %.4g, fitted on %s", float64(s.Calibration.Temperature), rows)
}

// describeTeacher returns the teacher in words.
func describeTeacher(s *record.Run) string {
	var sizes []string
	for _, n := range s.Teacher.Sizes {
		sizes = append(sizes, strconv.Itoa(n))
	}
	c := s.Config
	return fmt.Sprintf("%s (%s) at temperature %g, %g of the loss", c.Teacher, strings.Join(sizes, " - "), c.Temperature,
		c.TeacherWeight)
}

// precise returns a number with enough digits to compare two.
func precise(f record.Float, unit string) string {
	return strings.TrimSpace(strconv.FormatFloat(float64(f), 'f', 8, 64) + " " + unit)
}
