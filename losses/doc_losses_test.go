package losses_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"softloss/losses"
)

// TestDocumentation wants the documentation of every loss to state its formula and unit, its
// shapes, special cases and errors, where it comes from and which golden file holds another
// library's numbers of it.
func TestDocumentation(t *testing.T) {
	docs := map[string]string{}
	paths, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, d := range f.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE && len(g.Specs) == 1 {
				docs[g.Specs[0].(*ast.TypeSpec).Name.Name] = strings.Join(strings.Fields(g.Doc.Text()), " ")
			}
		}
	}
	golden := regexp.MustCompile(`Golden file: testdata/(\w+\.json)`)
	for _, e := range losses.Losses() {
		name := reflect.TypeOf(e.Loss).Name()
		doc := docs[name]
		assert.Regexp(t, `\b(loss|L) = `, doc, name)
		assert.Regexp(t, "[Ss]hapes", doc, name)
		assert.Regexp(t, "[Ss]pecial cases", doc, name)
		if e.Unit != "" {
			assert.Contains(t, doc, "in "+e.Unit, name)
		}
		if _, ok := e.Loss.(losses.Validator); ok {
			assert.Contains(t, doc, "Errors: [ErrParam]", name)
		}
		if name != "CrossEntropy" {
			assert.Contains(t, doc, "Source: ", name)
		}
		m := golden.FindStringSubmatch(doc)
		if assert.NotEmpty(t, m, name) {
			assert.FileExists(t, filepath.Join("..", "testdata", m[1]), name)
		}
	}
}
