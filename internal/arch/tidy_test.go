package arch

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Limits of size. Half of our files should have about 120 lines; look twice at 400.
const (
	maxFileLines     = 600
	maxTestFileLines = 900
	maxFuncLines     = 70
)

// emptyNames say nothing about what a package is for, so everything ends up in it.
var emptyNames = []string{"base", "common", "helper", "helpers", "lib", "manager", "misc", "shared", "util", "utils"}

// emptySuffixes say as little of a type. Handler2 and its like are caught by the digit.
var emptySuffixes = regexp.MustCompile(`(Base|Helper|Impl|Manager|Util|Utils|Handler[0-9])$`)

// foreignDirs hold code that was copied or generated: this repository has neither.
var foreignDirs = []string{"gen", "generated", "node_modules", "third_party", "vendor"}

var (
	markPattern  = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	namedPattern = regexp.MustCompile(`\b(TODO|FIXME|XXX)\([a-z0-9][a-zA-Z0-9-]*\)`)

	// machinePath is a path that exists on one contributor's machine only. What comes before the slash decides whether
	// it starts a path: after a letter, a digit, a dot or another slash it goes on one.
	machinePath = regexp.MustCompile(`(?:^|[^\w./~*-])(/(?:home|root|work|Users)(?:/[\w.@-]+|\b))`)
)

func TestTidy(t *testing.T) {
	tree := readTree(t)
	for _, f := range tree.code {
		report(t, checkSize(f))
		report(t, checkNames(f))
		report(t, checkMarks(f))
		report(t, checkCode(f))
	}
	for _, f := range tree.text {
		report(t, checkPaths(f.path, 1, f.text))
	}
	for _, dir := range tree.dirs {
		if slices.Contains(foreignDirs, path.Base(dir)) {
			t.Errorf("%s: copied or generated code has no place here; import it, or write it", dir)
		}
	}
	report(t, checkPackageComments(tree.code))
}

// checkSize holds a file and its functions to the limits.
func checkSize(f *goFile) []string {
	var violations []string
	limit := maxFileLines
	if f.isTest() {
		limit = maxTestFileLines
	}
	if f.lines > limit {
		violations = append(violations, fmt.Sprintf("%s: %d lines, at most %d: split it by role", f.path, f.lines, limit))
	}
	for _, decl := range f.tree.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		// Counted from the word func: a long doc comment must never be punished.
		lines := f.fset.Position(fn.End()).Line - f.fset.Position(fn.Type.Pos()).Line + 1
		if lines > maxFuncLines {
			violations = append(violations, fmt.Sprintf("%s: func %s has %d lines, at most %d",
				f.line(fn.Type.Pos()), fn.Name.Name, lines, maxFuncLines))
		}
	}
	return violations
}

// checkNames refuses names of packages and types that say nothing.
func checkNames(f *goFile) []string {
	var violations []string
	if slices.Contains(emptyNames, f.inner()) || slices.Contains(emptyNames, path.Base(f.dir())) {
		violations = append(violations, fmt.Sprintf("%s: package %s: name it after what it is for", f.path, f.inner()))
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && emptySuffixes.MatchString(spec.Name.Name) {
			violations = append(violations, fmt.Sprintf("%s: type %s: use a noun of the field",
				f.line(spec.Pos()), spec.Name.Name))
		}
		return true
	})
	return violations
}

// checkMarks refuses unfinished work that nobody has promised to finish.
func checkMarks(f *goFile) []string {
	var violations []string
	for _, group := range f.tree.Comments {
		for _, c := range group.List {
			for i, line := range strings.Split(c.Text, "\n") {
				if len(markPattern.FindAllString(line, -1)) > len(namedPattern.FindAllString(line, -1)) {
					violations = append(violations, fmt.Sprintf("%s:%d: a mark without a name: finish it, or write %s(name)",
						f.path, f.fset.Position(c.Pos()).Line+i, markPattern.FindString(line)))
				}
			}
		}
	}
	return violations
}

// checkCode refuses machine paths in the comments and string literals of a Go file.
func checkCode(f *goFile) []string {
	var violations []string
	for _, group := range f.tree.Comments {
		for _, c := range group.List {
			violations = append(violations, checkPaths(f.path, f.fset.Position(c.Pos()).Line, c.Text)...)
		}
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			violations = append(violations, checkPaths(f.path, f.fset.Position(lit.Pos()).Line, lit.Value)...)
		}
		return true
	})
	return violations
}

// checkPaths refuses paths of one machine in a text that starts at the given line of a file.
func checkPaths(file string, first int, text string) []string {
	var violations []string
	for i, line := range strings.Split(text, "\n") {
		for _, m := range machinePath.FindAllStringSubmatch(line, -1) {
			violations = append(violations, fmt.Sprintf("%s:%d: %s exists on one machine only", file, first+i, m[1]))
		}
	}
	return violations
}

// checkPackageComments wants one package comment in every package: a library's begins with "Package name".
func checkPackageComments(code []*goFile) []string {
	comments := map[string][]*goFile{}
	var dirs []string
	for _, f := range code {
		if f.isTest() {
			continue
		}
		if _, seen := comments[f.dir()]; !seen {
			comments[f.dir()] = nil
			dirs = append(dirs, f.dir())
		}
		if f.tree.Doc != nil {
			comments[f.dir()] = append(comments[f.dir()], f)
		}
	}
	var violations []string
	for _, dir := range dirs {
		switch files := comments[dir]; {
		case len(files) == 0:
			violations = append(violations, dir+": no package comment: say what it is for and who uses it")
		case len(files) > 1:
			violations = append(violations, fmt.Sprintf("%s: package comments in %s and %s: one is enough",
				dir, files[0].path, files[1].path))
		case !files[0].isMain() && !strings.HasPrefix(files[0].tree.Doc.Text(), "Package "+files[0].inner()+" "):
			violations = append(violations, fmt.Sprintf("%s: the package comment does not begin with \"Package %s\"",
				files[0].path, files[0].inner()))
		}
	}
	return violations
}

// TestExamplesAreRun wants an output comment in every example: without one it compiles but never runs.
func TestExamplesAreRun(t *testing.T) {
	for _, f := range readTree(t).code {
		if f.isTest() {
			report(t, checkExamples(f))
		}
	}
}

func checkExamples(f *goFile) []string {
	var violations []string
	for _, e := range doc.Examples(f.tree) {
		if e.Output == "" && !e.EmptyOutput {
			violations = append(violations, fmt.Sprintf("%s: Example%s has no output comment, so it never runs", f.path, e.Name))
		}
	}
	return violations
}
