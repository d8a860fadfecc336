// Package examples holds one program per directory, each with one idea: the examples of SCOOP, ported, and a few
// classics of work stealing. README.md has the table. The tests here build every program and check what it prints.
package examples
