package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// headings are the columns of both tables.
var headings = []string{"benchmark", "workers", "candidate", "metric", "median", "min..max", "× futures", "goal", "reached", "size"}

// cells are the row's words under the headings.
func (r Row) cells() []string {
	reached := ""
	if r.Reached != nil {
		reached = map[bool]string{true: "yes", false: "no"}[*r.Reached]
	}
	ratio := ""
	if r.Ratio != 0 && r.Candidate != oursName {
		ratio = digits(r.Ratio)
	}
	return []string{
		r.Bench, strconv.Itoa(r.Workers), r.Candidate, r.Metric, digits(r.Median), digits(r.Min) + ".." + digits(r.Max),
		ratio, r.Goal, reached, r.Size,
	}
}

// digits writes three significant digits; integers with thousands separated.
func digits(v float64) string {
	if v < 0 {
		return "-" + digits(-v)
	}
	if v < 100 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	s := strconv.FormatFloat(v, 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// printTable prints the rows of one contest for people.
func printTable(w io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, strings.Join(headings, "\t"))
	for _, r := range rows {
		fmt.Fprintln(table, strings.Join(r.cells(), "\t"))
	}
	fmt.Fprintln(table)
	return table.Flush()
}

// printJSON prints one object for each row.
func printJSON(w io.Writer, rows []Row) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	for _, r := range rows {
		if err := out.Encode(r); err != nil {
			return err
		}
	}
	return nil
}
