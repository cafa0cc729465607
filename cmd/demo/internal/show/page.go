package show

import (
	_ "embed"
	"html/template"
	"strings"

	"softloss/cmd/demo/internal/cli"
	"softloss/internal/durable"
)

//go:embed page.html
var reportText string

// htmlReport is what the page shows.
type htmlReport struct {
	Title    string
	Run      *htmlRun
	Sections []htmlSection
}

// write writes the page, which needs nothing else, to a file.
func (p htmlReport) write(path string) error {
	var b strings.Builder
	if err := template.Must(template.New("report").Parse(reportText)).Execute(&b, p); err != nil {
		return err
	}
	return durable.WriteFile(path, []byte(cli.Clean(b.String())))
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

// htmlImage is a drawing, perhaps in several forms of which the page shows one.
type htmlImage struct {
	Forms       []htmlForm
	Most, Least int // pixels of width on the screen; it is moved sideways when there are fewer than the least
}

type htmlForm struct {
	Class string // when it is shown
	SVG   template.HTML
}

// Pixels of the screen that a point of a sheet has at most, and has to have for small letters to be
// read.
const (
	mostOfPoint  = 1.57
	leastOfPoint = 1
)
