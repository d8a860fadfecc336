package main

import (
	"math"
	"slices"
)

// series is one metric of one candidate over the rounds.
type series struct {
	metric string
	values []float64
}

// Row is one line of the results.
type Row struct {
	Bench     string  `json:"bench"`
	Workers   int     `json:"workers"`
	Candidate string  `json:"candidate"`
	Size      string  `json:"size,omitempty"`
	Metric    string  `json:"metric"`
	Median    float64 `json:"median"`
	Min       float64 `json:"min"`
	Max       float64 `json:"max"`
	Rounds    int     `json:"rounds"`
	// Ratio is the candidate's figure over ours, the median of the ratios of each round: neighbours in time are compared.
	// Zero if we have no such figure, or it is zero.
	Ratio float64 `json:"ratio,omitempty"`
	// Goal is what was wished for and From where that comes from; Reached says whether it holds, and is nil without a goal.
	Goal    string `json:"goal,omitempty"`
	From    string `json:"from,omitempty"`
	Reached *bool  `json:"reached,omitempty"`
}

func newRow(c contest, cand candidate, workers int, got, ours series) Row {
	r := Row{
		Bench: c.name, Workers: workers, Candidate: cand.name, Size: cand.size, Metric: got.metric,
		Median: median(got.values), Min: slices.Min(got.values), Max: slices.Max(got.values), Rounds: len(got.values),
		Ratio: medianRatio(got.values, ours.values),
	}
	r.judge()
	return r
}

// median is the middle value, or the mean of the middle two.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// medianRatio is the median of a/b over the rounds; zero if there is none.
func medianRatio(a, b []float64) float64 {
	var ratios []float64
	for i := range min(len(a), len(b)) {
		if b[i] != 0 {
			ratios = append(ratios, a[i]/b[i])
		}
	}
	if len(ratios) == 0 {
		return 0
	}
	return median(ratios)
}

// percentile is the value below which the share p (0 to 1) of the samples lies, the nearest rank; it sorts them.
func percentile[T float64 | int64](samples []T, p float64) T {
	slices.Sort(samples)
	rank := int(math.Ceil(p*float64(len(samples)))) - 1
	return samples[max(0, min(rank, len(samples)-1))]
}

// latencies are the figures of samples in nanoseconds.
func latencies(samples []int64) []figure {
	const micro = 1e3
	return []figure{
		{"p50 µs", float64(percentile(samples, 0.50)) / micro},
		{"p99 µs", float64(percentile(samples, 0.99)) / micro},
	}
}
