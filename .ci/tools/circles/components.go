package main

import (
	"maps"
	"slices"
)

// circles returns the strongly connected components of more than one node in the graph whose edges
// uses lists: the files of which each reaches every other. Tarjan, SIAM Journal on Computing 1 (2),
// 1972.
func circles(uses map[string][]string) [][]string {
	w := walk{uses: uses, order: map[string]int{}, lowest: map[string]int{}, open: map[string]bool{}}
	for _, file := range slices.Sorted(maps.Keys(uses)) {
		if w.order[file] == 0 {
			w.visit(file)
		}
	}
	return w.found
}

// walk is a depth-first search of uses.
type walk struct {
	uses   map[string][]string
	order  map[string]int // when a file was met, from 1
	lowest map[string]int // the earliest file that one reaches by its subtree and one edge more
	path   []string       // files met whose component is not complete
	open   map[string]bool
	found  [][]string
}

func (w *walk) visit(file string) {
	w.order[file] = len(w.order) + 1
	w.lowest[file] = w.order[file]
	w.path, w.open[file] = append(w.path, file), true
	for _, next := range w.uses[file] {
		switch {
		case w.order[next] == 0:
			w.visit(next)
			w.lowest[file] = min(w.lowest[file], w.lowest[next])
		case w.open[next]:
			w.lowest[file] = min(w.lowest[file], w.order[next])
		}
	}
	if w.lowest[file] < w.order[file] {
		return
	}
	start := slices.Index(w.path, file)
	component := slices.Sorted(slices.Values(w.path[start:]))
	w.path = w.path[:start]
	for _, f := range component {
		w.open[f] = false
	}
	if len(component) > 1 {
		w.found = append(w.found, component)
	}
}
