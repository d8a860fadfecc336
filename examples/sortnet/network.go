package main

import (
	"slices"
	"strings"
)

// Network is a sorting network: a list of comparators, each of which puts the smaller value on its first wire.
type Network [][2]int

// Fitness orders networks: first of all they have to sort, then be short, then be shallow. Less is better.
type Fitness struct {
	Misses int // of the 2^wires sequences of zeros and ones, those that come out unsorted
	Length int // comparators
	Depth  int // parallel steps
}

func (f Fitness) less(g Fitness) bool {
	if f.Misses != g.Misses {
		return f.Misses < g.Misses
	}
	if f.Length != g.Length {
		return f.Length < g.Length
	}
	return f.Depth < g.Depth
}

// assess relies on the zero-one principle: a network that sorts all sequences of zeros and ones sorts everything
// (Knuth, The Art of Computer Programming, volume 3, section 5.3.4). A sequence is a set of wires that carry a one.
func (n Network) assess(wires int) Fitness {
	f := Fitness{Length: len(n), Depth: len(n.levels(wires))}
	for seq := range 1 << wires {
		out := seq
		for _, c := range n {
			if out>>c[0]&1 == 1 && out>>c[1]&1 == 0 {
				out ^= 1<<c[0] | 1<<c[1]
			}
		}
		// Sorted means that all ones are on the last wires: the zeros below them are one run.
		if zeros := ^out & (1<<wires - 1); zeros&(zeros+1) != 0 {
			f.Misses++
		}
	}
	return f
}

// levels groups the comparators into parallel steps, each as early as its wires are free.
func (n Network) levels(wires int) [][][2]int {
	var levels [][][2]int
	free := make([]int, wires) // by wire: the first level in which it is free
	for _, c := range n {
		at := max(free[c[0]], free[c[1]])
		if at == len(levels) {
			levels = append(levels, nil)
		}
		levels[at] = append(levels[at], c)
		free[c[0]], free[c[1]] = at+1, at+1
	}
	return levels
}

// draw shows wires as lines and comparators as two x joined by a bar; a wider gap begins a new step.
func (n Network) draw(wires int) string {
	rows := make([]strings.Builder, 2*wires-1) // a wire, the gap below it, a wire, ...
	for _, level := range n.levels(wires) {
		for _, c := range level {
			for i := range rows {
				kind := i % 2 // 0 on a wire, 1 between two
				switch {
				case i == 2*c[0] || i == 2*c[1]:
					rows[i].WriteString("-x-")
				case i > 2*c[0] && i < 2*c[1]:
					rows[i].WriteString([]string{"-|-", " | "}[kind])
				default:
					rows[i].WriteString([]string{"---", "   "}[kind])
				}
			}
		}
		for i := range rows {
			rows[i].WriteString([]string{"--", "  "}[i%2])
		}
	}
	var out strings.Builder
	for i := range rows {
		out.WriteString(strings.TrimRight(rows[i].String(), " ") + "\n")
	}
	return out.String()
}

// sortsAll tries every permutation of 0, 1, ..., wires-1: the slow way to know, independent of assess.
func (n Network) sortsAll(wires int) bool {
	values := make([]int, wires)
	for i := range values {
		values[i] = i
	}
	var permute func(k int) bool
	permute = func(k int) bool {
		if k == wires {
			return n.sorts(values)
		}
		for i := k; i < wires; i++ {
			values[k], values[i] = values[i], values[k]
			ok := permute(k + 1)
			values[k], values[i] = values[i], values[k]
			if !ok {
				return false
			}
		}
		return true
	}
	return permute(0)
}

func (n Network) sorts(values []int) bool {
	out := slices.Clone(values)
	for _, c := range n {
		if out[c[0]] > out[c[1]] {
			out[c[0]], out[c[1]] = out[c[1]], out[c[0]]
		}
	}
	return slices.IsSorted(out)
}
