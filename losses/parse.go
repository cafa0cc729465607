package losses

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// exponent finds the plus sign of a number such as 1e+6, which joins no terms.
var exponent = regexp.MustCompile(`([0-9.])[eE]\+`)

// formatNumber formats a number without a plus sign.
func formatNumber(x float64) string {
	return strings.ReplaceAll(strconv.FormatFloat(x, 'g', -1, 64), "e+", "e")
}

// LossNames returns what [ParseLoss] reads: every name, with its parameters and the values they
// have by default, such as gce:q=0.7.
func LossNames() (names []string) {
	for _, e := range registry {
		names = append(names, e.text())
	}
	return names
}

// ParseLoss returns the loss that a text names:
//
//	loss  = term { "+" term }
//	term  = [ weight "*" ] name [ ":" parameter "=" number { "," parameter "=" number } ]
//
// such as ce, gce:q=0.5 or 10*nce+1*mae. A sum is a [WeightedSum]. Parameters that are not given
// have the values that [LossNames] shows. Errors: [ErrParam] that says what was read and what can
// be.
func ParseLoss(text string) (Loss, error) {
	var sum WeightedSum
	text = exponent.ReplaceAllString(text, "${1}e")
	for _, part := range strings.Split(text, "+") {
		weight, name := 1.0, strings.TrimSpace(part)
		if w, term, ok := strings.Cut(name, "*"); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(w), 64)
			if err != nil {
				return nil, argError(ErrParam, "loss", strconv.Quote(w), "is no weight", "a number")
			}
			weight, name = x, strings.TrimSpace(term)
		} else if !strings.Contains(text, "+") {
			return parseTerm(name)
		}
		l, err := parseTerm(name)
		if err != nil {
			return nil, err
		}
		sum = append(sum, Term{weight, l})
	}
	if err := sum.Validate(); err != nil {
		return nil, err
	}
	return sum, nil
}

func parseTerm(text string) (Loss, error) {
	name, params, _ := strings.Cut(text, ":")
	i := slices.IndexFunc(registry, func(e Entry) bool { return e.Name == strings.TrimSpace(name) })
	if i < 0 {
		return nil, argError(ErrParam, "loss", strconv.Quote(name), "is unknown",
			"one of "+strings.Join(LossNames(), ", "))
	}
	entry := registry[i]
	v := reflect.New(reflect.TypeOf(entry.Loss)).Elem()
	v.Set(reflect.ValueOf(entry.Loss))
	given := map[string]bool{}
	for _, p := range strings.Split(params, ",") {
		if strings.TrimSpace(p) == "" {
			continue
		}
		key, value, _ := strings.Cut(p, "=")
		field := v.FieldByNameFunc(func(s string) bool { return strings.EqualFold(s, strings.TrimSpace(key)) })
		if !field.IsValid() {
			return nil, argError(ErrParam, "loss "+name, strconv.Quote(key), "is no parameter", entry.text())
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		if err != nil {
			return nil, argError(ErrParam, "loss "+name, fmt.Sprintf("%s=%q", key, value), "is no number",
				"such as "+strings.ToLower(key)+"=0.5")
		}
		if key = strings.ToLower(strings.TrimSpace(key)); given[key] {
			return nil, argError(ErrParam, "loss "+name, strconv.Quote(key), "is given twice", entry.text())
		}
		given[key] = true
		field.SetFloat(x)
	}
	l := v.Interface().(Loss)
	if val, ok := l.(Validator); ok {
		if err := val.Validate(); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// FormatLoss returns the text that [ParseLoss] reads back as l; ok is false for a loss that has
// none, such as one of your own. A nil loss is ce.
func FormatLoss(l Loss) (text string, ok bool) {
	sum, isSum := l.(WeightedSum)
	if !isSum {
		e, ok := Describe(l)
		return e.text(), ok
	}
	var terms []string
	for _, t := range sum {
		e, ok := Describe(t.Loss)
		if !ok || t.Loss == nil {
			return "", false
		}
		terms = append(terms, formatNumber(t.Weight)+"*"+e.text())
	}
	return strings.Join(terms, "+"), len(terms) > 0
}

// text returns the name of the loss with its parameters.
func (e Entry) text() string {
	if e.Loss == nil {
		return ""
	}
	v := reflect.ValueOf(e.Loss)
	var params []string
	for i := range v.NumField() {
		params = append(params, strings.ToLower(v.Type().Field(i).Name)+"="+formatNumber(v.Field(i).Float()))
	}
	if len(params) == 0 {
		return e.Name
	}
	return e.Name + ":" + strings.Join(params, ",")
}
