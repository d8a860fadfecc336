package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// explain turns an error of pflag into one line that says what to do.
func explain(fs *pflag.FlagSet, err error) error {
	if e, ok := errors.AsType[*pflag.NotExistError](err); ok {
		if group := e.GetSpecifiedShortnames(); group != "" {
			return unknownShort(fs, e.GetSpecifiedName(), group)
		}
		return unknownLong(fs, e.GetSpecifiedName())
	}
	if e, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		return usageError(spell(e.GetFlag())+" "+valueName(e.GetFlag()), "%s needs a value", spell(e.GetFlag()))
	}
	if e, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		want := "a value of type " + e.GetFlag().Value.Type()
		if e.GetFlag().Value.Type() == "int" {
			want = "a whole number"
		}
		return usageError("scoopp2p --help", "%s wants %s, not %q", spell(e.GetFlag()), want, e.GetValue())
	}
	return usageError("scoopp2p --help", "%v", err)
}

func unknownLong(fs *pflag.FlagSet, name string) error {
	if best := nearest(fs, name); best != "" {
		return usageError("--"+best, "unknown flag --%s", name)
	}
	return usageError("scoopp2p --help", "unknown flag --%s", name)
}

// unknownShort: one dash before a long name is the usual cause, pflag then reads it letter by letter.
func unknownShort(fs *pflag.FlagSet, letter, group string) error {
	if len(group) > 1 {
		if best := nearest(fs, group); best != "" {
			return usageError("--"+best, "unknown flag -%s", group)
		}
	}
	return usageError("scoopp2p --help", "unknown flag -%s", letter)
}

func spell(f *pflag.Flag) string {
	if f.Shorthand != "" {
		return "-" + f.Shorthand
	}
	return "--" + f.Name
}

func valueName(f *pflag.Flag) string {
	name, _ := pflag.UnquoteUsage(f)
	return strings.ToUpper(name)
}

// nearest returns the flag whose name takes the fewest edits to reach, or nothing if that is a different word. A prefix
// of a name is near to it however long the rest is.
func nearest(fs *pflag.FlagSet, name string) string {
	best, least := "", len(name)/3+2
	fs.VisitAll(func(f *pflag.Flag) {
		d := distance(name, f.Name)
		if len(name) >= 3 && strings.HasPrefix(f.Name, name) {
			d = 1
		}
		if d < least {
			best, least = f.Name, d
		}
	})
	return best
}

// distance is the edit distance with transpositions of neighbours (Damerau 1964, in the restricted form): insertions,
// deletions, substitutions and swaps each cost 1.
func distance(a, b string) int {
	const maxName = 64 // no flag is longer; keeps a megabyte of nonsense from costing its square
	if len(a) > maxName || len(b) > maxName {
		return max(len(a), len(b))
	}
	older, old, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
		}
		older, old, row = old, row, older
	}
	return old[len(b)]
}
