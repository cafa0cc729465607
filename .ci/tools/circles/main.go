// Command circles fails when more than three files of a package use each other in a circle.
//
//	circles [-max 3] PACKAGES
//
// A file uses another when it names a package-level identifier or a method that the other declares;
// fields and tests do not count. It prints each circle that is too large, with the files in it, for
// every package that the patterns match.
package main

import (
	"flag"
	"fmt"
	"go/token"
	"go/types"
	"log"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("circles: ")
	most := flag.Int("max", 3, "files that a circle may have")
	flag.Parse()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes |
			packages.NeedTypesInfo | packages.NeedImports | packages.NeedDeps,
	}, flag.Args()...)
	if err != nil {
		log.Fatal(err)
	}
	if packages.PrintErrors(loaded) > 0 {
		log.Fatal("the packages do not compile")
	}
	failed := false
	for _, p := range loaded {
		for _, c := range circles(uses(p)) {
			if len(c) > *most {
				failed = true
				fmt.Printf("%s: %d files use each other in a circle: %s\n", p.PkgPath, len(c), strings.Join(c, " "))
			}
		}
	}
	if failed {
		log.Fatalf("a circle may have %d files", *most)
	}
}

// uses returns, for each file of p, the files of p that it uses, in alphabetical order.
func uses(p *packages.Package) map[string][]string {
	found := map[string]map[string]bool{}
	file := func(at interface{ Pos() token.Pos }) string { return filepath.Base(p.Fset.Position(at.Pos()).Filename) }
	for name, object := range p.TypesInfo.Uses {
		if object.Pkg() != p.Types || !packageLevel(object) {
			continue
		}
		from, to := file(name), file(object)
		if found[from] == nil {
			found[from] = map[string]bool{}
		}
		if from != to {
			found[from][to] = true
		}
	}
	sorted := map[string][]string{}
	for from, to := range found {
		sorted[from] = slices.Sorted(maps.Keys(to))
	}
	return sorted
}

// packageLevel reports whether object is a method or declared outside functions.
func packageLevel(object types.Object) bool {
	if f, ok := object.(*types.Func); ok && f.Signature().Recv() != nil {
		return true
	}
	return object.Parent() == object.Pkg().Scope()
}
