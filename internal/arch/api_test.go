package arch

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/build"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the snapshots of the exported API")

// public are the packages whose exported names are a promise. steal and rpc are seen by everybody, but promise nothing
// before v1.
var public = []string{"deque", "discovery", "futures", "peer"}

// TestAPI compares what the public packages export with its snapshot under testdata/api, so that a change of the promise
// is a line in the diff that a reviewer sees.
func TestAPI(t *testing.T) {
	for _, pkg := range public {
		t.Run(pkg, func(t *testing.T) {
			got, err := exportedAPI(filepath.Join(moduleRoot, pkg), pkg)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skip("no such package yet")
			}
			if err != nil {
				t.Fatal(err)
			}
			compareSnapshot(t, filepath.Join("testdata", "api", pkg+".txt"), got)
		})
	}
}

// TestAPISnapshotsHavePackages refuses the snapshot of a package that is gone.
func TestAPISnapshotsHavePackages(t *testing.T) {
	snapshots, err := filepath.Glob(filepath.Join("testdata", "api", "*.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range snapshots {
		pkg := strings.TrimSuffix(filepath.Base(s), ".txt")
		if _, err := os.Stat(filepath.Join(moduleRoot, pkg)); err != nil || !slices.Contains(public, pkg) {
			t.Errorf("%s: %s is no public package (any more): delete the snapshot in the commit that says why", s, pkg)
		}
	}
}

func compareSnapshot(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	// A Windows checkout may have turned the line ends.
	if diff := lineDiff(strings.ReplaceAll(string(want), "\r\n", "\n"), got); diff != "" {
		t.Errorf("the exported API is not its snapshot:\n%s\nif that is meant: go test ./internal/arch -run TestAPI -update", diff)
	}
}

// lineDiff lists the lines that are in one text and not in the other. Enough for a list of declarations.
func lineDiff(want, got string) string {
	if want == got {
		return ""
	}
	var b strings.Builder
	wants, gots := strings.Split(want, "\n"), strings.Split(got, "\n")
	for _, line := range wants {
		if !slices.Contains(gots, line) {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	for _, line := range gots {
		if !slices.Contains(wants, line) {
			fmt.Fprintf(&b, "+ %s\n", line)
		}
	}
	if b.Len() == 0 {
		return "(the same lines in another order)\n"
	}
	return b.String()
}

// exportedAPI renders the exported declarations of the package in dir as a program on linux/amd64 sees them, without
// comments and bodies: the snapshot is the same on every machine, and rewording a comment does not change it.
func exportedAPI(dir, name string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	platform := build.Default
	platform.GOOS, platform.GOARCH, platform.CgoEnabled, platform.BuildTags = "linux", "amd64", false, nil
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		if match, err := platform.MatchFile(dir, e.Name()); err != nil {
			return "", err
		} else if !match {
			continue
		}
		f, err := parser.ParseFile(fset, filepath.Join(dir, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			return "", err
		}
		files = append(files, f)
	}
	if len(files) == 0 {
		return "", fmt.Errorf("%s: %w", dir, fs.ErrNotExist)
	}
	pkg, err := doc.NewFromFiles(fset, files, module+"/"+name)
	if err != nil {
		return "", err
	}
	return render(fset, pkg)
}

// render prints the declarations in the order of go doc: constants, variables, functions, then each type with what
// belongs to it.
func render(fset *token.FileSet, pkg *doc.Package) (string, error) {
	style := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8} // gofmt's
	var out bytes.Buffer
	var failed error
	show := func(decl ast.Decl) {
		if fn, ok := decl.(*ast.FuncDecl); ok {
			fn.Body = nil
		}
		var b strings.Builder
		failed = errors.Join(failed, style.Fprint(&b, fset, decl))
		for line := range strings.Lines(b.String() + "\n") {
			if line != "\n" { // where a comment was
				out.WriteString(line)
			}
		}
	}
	values := func(list []*doc.Value) {
		for _, v := range list {
			show(v.Decl)
		}
	}
	funcs := func(list []*doc.Func) {
		for _, f := range list {
			show(f.Decl)
		}
	}
	fmt.Fprintf(&out, "package %s // import %q\n", pkg.Name, pkg.ImportPath)
	values(pkg.Consts)
	values(pkg.Vars)
	funcs(pkg.Funcs)
	for _, t := range pkg.Types {
		out.WriteString("\n")
		show(t.Decl)
		values(t.Consts)
		values(t.Vars)
		funcs(t.Funcs)
		funcs(t.Methods)
	}
	return out.String(), failed
}

func TestExportedAPI(t *testing.T) {
	dir := t.TempDir()
	for name, src := range map[string]string{
		"a.go":         "// Package a is an example.\npackage a\n\n// Max is a limit.\nconst Max = 3\n\nconst min = 1\n",
		"b.go":         "package a\n\n// T is a type.\ntype T struct {\n\tN int // how many\n\tm int\n}\n\n// New makes one.\nfunc New() *T { return nil }\n\nfunc (t *T) Get() int { return t.m }\nfunc (t *T) put(int) {}\n",
		"b_windows.go": "package a\n\nfunc OnlyThere() {}\n",
		"b_test.go":    "package a\n\nfunc OnlyInTests() {}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := exportedAPI(dir, "a")
	if err != nil {
		t.Fatal(err)
	}
	want := "package a // import \"" + module + "/a\"\nconst Max = 3\n\n" +
		"type T struct {\n\tN int\n\t// contains filtered or unexported fields\n}\nfunc New() *T\nfunc (t *T) Get() int\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if diff := lineDiff(want, strings.Replace(got, "Max = 3", "Max = 4", 1)); diff != "- const Max = 3\n+ const Max = 4\n" {
		t.Errorf("diff of a changed constant is %q", diff)
	}
}
