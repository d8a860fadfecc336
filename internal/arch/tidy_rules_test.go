package arch

import (
	"strings"
	"testing"
)

// The checkers of tidy_test.go against sources that break the rules, one by one.
func TestTidyRules(t *testing.T) {
	long := func(lines int) string { return strings.Repeat("\n", lines) }
	tests := []struct {
		name  string
		file  string
		src   string
		check func(*goFile) []string
		want  []string
	}{
		{"file at the limit", "a/x.go", "package a" + long(maxFileLines), checkSize, nil},
		{"file over it", "a/x.go", "package a" + long(maxFileLines+1), checkSize, []string{"601 lines"}},
		{"a test may be longer", "a/x_test.go", "package a" + long(maxTestFileLines), checkSize, nil},
		{"not for ever", "a/x_test.go", "package a" + long(maxTestFileLines+1), checkSize, []string{"901 lines"}},
		{"function at the limit", "a/x.go", "package a\nfunc f() {" + long(maxFuncLines-1) + "}", checkSize, nil},
		{"function over it", "a/x.go", "package a\nfunc f() {" + long(maxFuncLines) + "}", checkSize, []string{"a/x.go:2: func f has 71 lines"}},
		{"its comment does not count", "a/x.go", "package a\n" + strings.Repeat("// why\n", 90) + "func f() {}", checkSize, nil},

		{"a good name", "steal/x.go", "package steal", checkNames, nil},
		{"an empty name", "util/x.go", "package util", checkNames, []string{"package util"}},
		{"in a test too", "common/x_test.go", "package common_test", checkNames, []string{"package common"}},
		{"hidden behind its directory", "helpers/x.go", "package good", checkNames, []string{"package good"}},
		{"an empty type", "a/x.go", "package a\ntype PeerManager struct{}", checkNames, []string{"a/x.go:2: type PeerManager"}},
		{"a numbered type", "a/x.go", "package a\ntype Handler2 struct{}", checkNames, []string{"type Handler2"}},

		{"a mark with a name", "a/x.go", "package a // TO" + "DO(ada): until v1", checkMarks, nil},
		{"a mark without", "a/x.go", "package a\n\n/* fine\nTO" + "DO: later */", checkMarks, []string{"a/x.go:4"}},
		{"another word", "a/x.go", "package a // toDON'T", checkMarks, nil},

		{"a path in a comment", "a/x.go", "package a\n// see /" + "home/ada/notes", checkCode, []string{"a/x.go:2: /" + "home/ada"}},
		{"a path in a string", "a/x.go", "package a\nvar p = \"/" + "root\"", checkCode, []string{"a/x.go:2"}},
		{"the end of another path", "a/x.go", "package a\nvar p = \"examples/" + "work/x\" // sim/" + "root", checkCode, nil},
		{"a longer word", "a/x.go", "package a // /" + "worker and /" + "homepage", checkCode, nil},

		{"an example that runs", "a/x_test.go", "package a\nfunc Example() {\n// Output: 1\n}", checkExamples, nil},
		{"one that prints nothing", "a/x_test.go", "package a\nfunc Example() {\n// Output:\n}", checkExamples, nil},
		{"one that does not run", "a/x_test.go", "package a\nfunc ExampleF() {\n}", checkExamples, []string{"ExampleF"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			expect(t, tt.check(mustParse(t, tt.file, tt.src)), tt.want)
		})
	}
}

func TestPackageComments(t *testing.T) {
	code := []*goFile{
		mustParse(t, "a/doc.go", "// Package a is fine.\npackage a"),
		mustParse(t, "a/more.go", "package a"),
		mustParse(t, "a/a_test.go", "// Tests need none, and may have one.\npackage a"),
		mustParse(t, "b/b.go", "package b"),
		mustParse(t, "c/one.go", "// Package c is said\npackage c"),
		mustParse(t, "c/two.go", "// Package c is said twice\npackage c"),
		mustParse(t, "d/d.go", "// This package is for nothing.\npackage d"),
		mustParse(t, "e/main.go", "// Command e may begin as it likes.\npackage main"),
	}
	expect(t, checkPackageComments(code), []string{
		"b: no package comment",
		"c/one.go and c/two.go",
		`"Package d"`,
	})
}
