package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	module     = "github.com/scoopp2p/scoopp2p"
	moduleRoot = "../.." // tests run in their own directory

	maxTextBytes = 1 << 20 // larger files are data, not text that somebody wrote
)

// A goFile is one Go file of the module, parsed with its comments.
type goFile struct {
	path  string // below the module root, with slashes
	lines int
	fset  *token.FileSet
	tree  *ast.File
}

func (f *goFile) dir() string   { return path.Dir(f.path) }
func (f *goFile) isTest() bool  { return strings.HasSuffix(f.path, "_test.go") }
func (f *goFile) isMain() bool  { return f.tree.Name.Name == "main" }
func (f *goFile) inner() string { return strings.TrimSuffix(f.tree.Name.Name, "_test") }

// line returns the line of pos, for messages that an editor can jump to.
func (f *goFile) line(pos token.Pos) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(pos).Line)
}

// imports returns the import paths of the file.
func (f *goFile) imports() []string {
	var paths []string
	for _, spec := range f.tree.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil { // the parser has already refused anything else
			paths = append(paths, p)
		}
	}
	return paths
}

// A textFile is any other file that a person reads or writes: documents, scripts, settings.
type textFile struct {
	path string
	text string
}

// A tree is the whole module as the tests see it.
type tree struct {
	dirs []string // every directory, with Go files or without
	code []*goFile
	text []textFile
}

// moduleTree reads the module once for all tests of this package.
//
// It parses every file instead of asking go list: go list shows one platform and one set of build tags at a time, so a
// forbidden import in a _windows.go file or a long test would pass unseen; it takes longer; and the test cache cannot
// see what it read, while it does see files that the test itself opens.
var moduleTree = sync.OnceValues(func() (*tree, error) {
	t := &tree{}
	err := fs.WalkDir(os.DirFS(moduleRoot), ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(p):
			return fs.SkipDir
		case d.IsDir():
			t.dirs = append(t.dirs, p)
			return nil
		case !d.Type().IsRegular():
			return nil
		}
		return t.add(p)
	})
	return t, err
})

// skipped reports whether the tests stay out of a directory: hidden ones, except those that hold our own scripts.
func skipped(p string) bool {
	base := path.Base(p)
	return base != "." && strings.HasPrefix(base, ".") && base != ".ci" && base != ".github"
}

func (t *tree) add(p string) error {
	src, err := os.ReadFile(filepath.Join(moduleRoot, filepath.FromSlash(p)))
	if err != nil {
		return err
	}
	if path.Ext(p) == ".go" && !slices.Contains(strings.Split(p, "/"), "testdata") {
		f, err := parse(p, src)
		if err == nil {
			t.code = append(t.code, f)
		}
		return err
	}
	if len(src) <= maxTextBytes && !bytes.ContainsRune(src, 0) && path.Base(p) != "go.sum" {
		t.text = append(t.text, textFile{path: p, text: string(src)})
	}
	return nil
}

func parse(p string, src []byte) (*goFile, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, p, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	return &goFile{path: p, lines: bytes.Count(src, []byte("\n")), fset: fset, tree: file}, nil
}

// readTree is moduleTree for a test.
func readTree(t *testing.T) *tree {
	t.Helper()
	tree, err := moduleTree()
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// mustParse parses the source of a case in a table.
func mustParse(t *testing.T, p, src string) *goFile {
	t.Helper()
	f, err := parse(p, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// report fails the test once for each violation.
func report(t *testing.T, violations []string) {
	t.Helper()
	for _, v := range violations {
		t.Error(v)
	}
}

// expect compares the violations that a checker found with what a case of its table wants: each wanted text in its
// violation, in order, and nothing else.
func expect(t *testing.T, got, want []string) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d violations, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range want {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("violation %d is %q, want one with %q", i, got[i], want[i])
		}
	}
}
