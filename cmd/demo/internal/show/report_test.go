package show

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"softloss/cmd/demo/internal/demotest"
	"softloss/cmd/demo/internal/record"
	"softloss/internal/phrase"
)

// report is everything that is printed around the progress.
func report(s *record.Run) string {
	var b strings.Builder
	Head(&b, s)
	Report(&b, s)
	return b.String()
}

func TestReports(t *testing.T) {
	demotest.Golden(t, "report_digits.golden", report(demotest.ExampleRun()))

	s := demotest.ExampleRun()
	s.Config.Loss, s.Config.Alpha, s.Config.Hidden = "mae", 0, []int{}
	s.Data.FlippedLabels, s.Interrupted = 143, true
	s.TrainLowestLoss, s.TestLowestLoss = record.Unknown, record.Unknown
	s.Files = s.Files[:1]
	demotest.Golden(t, "report_interrupted_mae.golden", report(s))

	s = demotest.ExampleRun()
	s.Data = record.Data{Name: "housing", TrainRows: 23, TestRows: 1, Features: 9, Classes: 3, SoftLabels: true,
		Weighted: true}
	s.History, s.Files, s.Interrupted = nil, nil, true
	s.GraphAgrees, s.GraphDifference = false, 0.25
	demotest.Golden(t, "report_housing.golden", report(s))
}

func TestNumbers(t *testing.T) {
	assert.Equal(t, []string{"0.1235", "-", "12.35 %", "-", "100.00 %"},
		[]string{record.Decimal(0.12346), record.Decimal(record.Unknown), record.Percent(0.12346),
			record.Percent(record.Unknown), record.Percent(1)})
	assert.Equal(t, []string{"1 row", "2 rows", "0 rows"}, []string{phrase.Plural(1, "row"), phrase.Plural(2, "row"),
		phrase.Plural(0, "row")})
}

func TestReportOfTrainingGoneAstray(t *testing.T) {
	s := demotest.ExampleRun()
	const astray = "THE TRAINING WENT ASTRAY"
	assert.NotContains(t, report(s), astray)
	s.TrainLoss = 2e20
	assert.Contains(t, report(s),
		astray+": a loss of 2e+20 is worse than knowing nothing; lower -lr (now 0.001)\n")
}
