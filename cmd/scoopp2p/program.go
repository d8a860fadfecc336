package main

import (
	"errors"
	"fmt"
	"go/build"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// program is what will be started.
type program struct {
	name string // as the user wrote it: argv[0] and messages
	path string // the file to execute
	tmp  string // private directory of a built program, or empty
}

func (p program) cleanup() error {
	if p.tmp == "" {
		return nil
	}
	if err := os.RemoveAll(p.tmp); err != nil {
		return fmt.Errorf("remove the built program: %w", err)
	}
	return nil
}

// resolve finds a program as a shell would (a bare name is searched in PATH only), or builds it: a directory is a Go
// package, a .go file is one too.
func resolve(word string, b *builder) (program, error) {
	info, err := os.Stat(word)
	isPath := strings.ContainsRune(word, '/') || strings.ContainsRune(word, filepath.Separator) || word == "." || word == ".."
	switch {
	case err == nil && info.Mode().IsRegular() && strings.HasSuffix(word, ".go"):
		return b.build(word, filepath.Dir(word), filepath.Base(word))
	case !isPath:
		return search(word, err == nil)
	case errors.Is(err, fs.ErrNotExist):
		return program{}, notFound(word)
	case err != nil:
		return program{}, &failure{exitCannotRun, fmt.Sprintf("cannot run %q: %v", word, err), ""}
	case info.IsDir():
		if err := checkPackage(word); err != nil {
			return program{}, err
		}
		return b.build(word, word, ".")
	case !executable(info):
		return program{}, &failure{exitCannotRun, fmt.Sprintf("program %q is not executable", word), "chmod +x " + word}
	}
	return program{name: word, path: word}, nil
}

// search looks a bare name up in PATH. here says that the name exists in the current directory.
func search(word string, here bool) (program, error) {
	path, err := exec.LookPath(word)
	if err == nil {
		return program{name: word, path: path}, nil
	}
	if here {
		return program{}, &failure{exitNotFound, fmt.Sprintf("program %q is not in PATH", word), "." + string(filepath.Separator) + word}
	}
	return program{}, notFound(word)
}

func notFound(word string) error {
	try := "a path such as ./" + word
	if strings.ContainsRune(word, '/') {
		try = "go build -o " + word + " PACKAGE"
		if strings.HasSuffix(word, ".go") {
			try = "ls " + filepath.Dir(word)
		}
	}
	return &failure{exitNotFound, fmt.Sprintf("program %q not found", word), try}
}

func executable(info fs.FileInfo) bool {
	return runtime.GOOS == "windows" || info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// checkPackage tells the usual mistakes from what only the compiler can say.
func checkPackage(dir string) error {
	pkg, err := build.ImportDir(dir, 0)
	if _, none := errors.AsType[*build.NoGoError](err); none {
		return &failure{exitCannotRun, fmt.Sprintf("%q is a directory without Go files", dir), "a program in it"}
	}
	if err == nil && pkg.Name != "main" {
		return &failure{exitCannotRun, fmt.Sprintf("%q is Go package %s, not a program", dir, pkg.Name), "a directory with package main"}
	}
	return nil
}
