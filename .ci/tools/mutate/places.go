package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// instead is what an operator is changed to.
var instead = map[token.Token]string{
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*",
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==",
	token.LAND: "||", token.LOR: "&&",
	token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.MUL_ASSIGN: "/=", token.QUO_ASSIGN: "*=",
	token.INC: "--", token.DEC: "++",
}

// mutantsOf returns every mutant of the package in a directory, tests and generated files aside.
func mutantsOf(dir string) (all []mutant, err error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		if file, err = filepath.Abs(file); err != nil {
			return nil, err
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, source, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		if ast.IsGenerated(parsed) {
			continue
		}
		c := collector{file: file, source: source, set: set}
		ast.Inspect(parsed, c.visit)
		all = append(all, c.found...)
	}
	return all, nil
}

// collector finds the mutants of a file.
type collector struct {
	file   string
	source []byte
	set    *token.FileSet
	found  []mutant
}

// add notes that the text from one position to another is to be replaced.
func (c *collector) add(from, to token.Pos, text string) {
	a, b := c.set.Position(from), c.set.Position(to)
	c.found = append(c.found, mutant{file: c.file, line: a.Line, from: a.Offset, to: b.Offset, text: text,
		old: string(c.source[a.Offset:b.Offset])})
}

func (c *collector) operator(at token.Pos, op token.Token) {
	if text, ok := instead[op]; ok {
		c.add(at, at+token.Pos(len(op.String())), text)
	}
}

func (c *collector) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl: // constants and types stay
		return n.Tok == token.VAR
	case *ast.BinaryExpr:
		c.operator(n.OpPos, n.Op)
		if n.Op == token.ADD || n.Op == token.SUB { // the second term goes
			c.add(n.OpPos, n.Y.End(), "")
		}
	case *ast.UnaryExpr:
		if n.Op == token.SUB || n.Op == token.NOT {
			c.add(n.OpPos, n.X.Pos(), "")
		}
	case *ast.AssignStmt:
		c.operator(n.TokPos, n.Tok)
	case *ast.IncDecStmt:
		c.operator(n.TokPos, n.Tok)
	case *ast.IfStmt:
		c.add(n.Cond.Pos(), n.Cond.End(), "!("+string(c.source[c.offset(n.Cond.Pos()):c.offset(n.Cond.End())])+")")
	case *ast.ExprStmt:
		c.add(n.Pos(), n.End(), "")
	case *ast.BasicLit:
		if n.Kind == token.INT && (n.Value == "0" || n.Value == "1") {
			c.add(n.Pos(), n.End(), map[string]string{"0": "1", "1": "0"}[n.Value])
		}
	}
	return true
}

func (c *collector) offset(p token.Pos) int { return c.set.Position(p).Offset }
