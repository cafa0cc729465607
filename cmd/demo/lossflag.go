package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"softloss/losses"
)

// lossEntry makes a loss known to -loss. A loss with parameters names them with their
// defaults and builds itself from what the user gave: -loss gce:q=0.7.
type lossEntry struct {
	name   string
	title  string // in the report
	help   string // in -h
	unit   string // of the loss, "" without one
	lowest bool   // whether a prediction that equals the label costs the least a prediction can
	params map[string]float64
	build  func(params map[string]float64) losses.Loss
}

// lossTable lists what -loss accepts. To add a loss, add a line.
var lossTable = []lossEntry{
	{
		name: "ce", title: "cross entropy", help: "cross entropy with soft labels", unit: "nats", lowest: true,
		build: func(map[string]float64) losses.Loss { return losses.CrossEntropy{} },
	},
	{
		name: "mae", title: "mean absolute error", help: "mean absolute error, for noisy labels",
		build: func(map[string]float64) losses.Loss { return losses.MAE{} },
	},
}

// parseLoss reads a name of the table, then, behind a colon, values of its parameters:
// NAME or NAME:PARAM=VALUE,PARAM=VALUE. A parameter's range is the loss's own business.
func parseLoss(text string) (lossEntry, losses.Loss, error) {
	name, rest, hasParams := strings.Cut(text, ":")
	i := slices.IndexFunc(lossTable, func(e lossEntry) bool { return e.name == name })
	if i < 0 {
		return lossEntry{}, nil, fmt.Errorf("want one of %s", strings.Join(lossNames(), ", "))
	}
	entry := lossTable[i]
	params := maps.Clone(entry.params)
	if hasParams {
		for part := range strings.SplitSeq(rest, ",") {
			key, value, _ := strings.Cut(part, "=")
			if _, known := params[key]; !known {
				return entry, nil, fmt.Errorf("%s has no parameter %q, want %s", name, key, entry.usage())
			}
			x, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return entry, nil, fmt.Errorf("parameter %s: %q is no number, want %s", key, value, entry.usage())
			}
			params[key] = x
		}
	}
	loss := entry.build(params)
	if v, ok := loss.(losses.Validator); ok {
		if err := v.Validate(); err != nil {
			return entry, nil, errors.New(strings.TrimPrefix(oneLine(err), "losses: "))
		}
	}
	return entry, loss, nil
}

// usage is how the loss is written with its defaults, such as gce:q=0.7.
func (e lossEntry) usage() string {
	sep, out := ":", e.name
	for _, key := range slices.Sorted(maps.Keys(e.params)) {
		out += fmt.Sprintf("%s%s=%g", sep, key, e.params[key])
		sep = ","
	}
	return out
}

// lossNames lists the losses as -loss accepts them.
func lossNames() []string {
	var out []string
	for _, e := range lossTable {
		out = append(out, e.usage())
	}
	return out
}

// lossHelp is the text of -loss in -h, a line for each loss.
func lossHelp() string {
	width := 0
	for _, name := range lossNames() {
		width = max(width, len(name))
	}
	var out []string
	for _, e := range lossTable {
		out = append(out, fmt.Sprintf("%-*s  %s", width, e.usage(), e.help))
	}
	return strings.Join(out, "\n")
}
