//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	bin := filepath.Join(dir, "bin")
	for path, mode := range map[string]os.FileMode{
		"prog": 0o755, "data": 0o644, "bin/tool": 0o755, "lib/lib.go": 0o644, "empty/README": 0o644,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("package lib\n"), mode); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", bin)
	for word, want := range map[string]struct {
		path string
		code int
		text string
	}{
		"./prog":                                 {path: "./prog"},
		filepath.Join(dir, "prog"):               {path: filepath.Join(dir, "prog")},
		"tool":                                   {path: filepath.Join(bin, "tool")},
		"prog":                                   {code: exitNotFound, text: "try: ./prog"},
		"missing":                                {code: exitNotFound, text: `"missing" not found`},
		"./missing":                              {code: exitNotFound, text: `"./missing" not found`},
		"./missing.go":                           {code: exitNotFound, text: `"./missing.go" not found`},
		"./data":                                 {code: exitCannotRun, text: "chmod +x ./data"},
		"./data/x":                               {code: exitCannotRun, text: "cannot run"},
		"./empty":                                {code: exitCannotRun, text: "without Go files"},
		"./lib":                                  {code: exitCannotRun, text: "package lib"},
		".":                                      {code: exitCannotRun, text: "without Go files"},
		"./lib/lib.go":                           {code: exitFailed, text: "the go command is needed"}, // PATH has none
		"./bin/tool/" + strings.Repeat("x", 300): {code: exitCannotRun, text: "cannot run"},
	} {
		prog, err := resolve(word, &builder{out: &printer{w: io.Discard}})
		if want.code == 0 {
			if err != nil || prog.path != want.path || prog.name != word {
				t.Errorf("%s: %+v, %v", word, prog, err)
			}
			continue
		}
		f, ok := errors.AsType[*failure](err)
		if !ok || f.code != want.code || !strings.Contains(err.Error(), want.text) {
			t.Errorf("%s: %v, want exit code %d and %q", word, err, want.code, want.text)
		}
	}
}
