package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// Exit codes of the launcher itself.
const (
	exitUsage       = 2
	exitFailed      = 125 // the launcher failed before the program ran
	exitCannotRun   = 126
	exitNotFound    = 127
	exitSignalBase  = 128
	maxPrintedRunes = 1024 // of one line
)

// failure is an error with its exit code, and with what the user can do about it.
type failure struct {
	code int
	msg  string
	try  string // a command or a flag; may be empty
}

func (f *failure) Error() string {
	if f.try == "" {
		return f.msg
	}
	return f.msg + "; try: " + f.try
}

func usageError(try, format string, args ...any) error {
	return &failure{exitUsage, fmt.Sprintf(format, args...), try}
}

// printer writes the launcher's own lines, one Write each, so that they do not mix with the program's.
type printer struct {
	w     io.Writer
	level int // -1 quiet, 0, 1, 2
}

// fail prints an error on one line and returns its exit code.
func (p *printer) fail(err error) int {
	p.line(err.Error())
	if f, ok := errors.AsType[*failure](err); ok {
		return f.code
	}
	return exitFailed
}

// problem prints what -q does not silence.
func (p *printer) problem(format string, args ...any) { p.line(fmt.Sprintf(format, args...)) }

// note prints what only -q silences.
func (p *printer) note(format string, args ...any) { p.detail(0, format, args...) }

// detail prints what needs as many -v as the level says.
func (p *printer) detail(level int, format string, args ...any) {
	if p.level >= level {
		p.line(fmt.Sprintf(format, args...))
	}
}

// line makes one line of whatever text came, from a file name or from another process: no escape sequence in it may
// reach the terminal.
func (p *printer) line(text string) {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.TrimSpace(text))
	if runes := []rune(text); len(runes) > maxPrintedRunes {
		text = string(runes[:maxPrintedRunes]) + "…"
	}
	_, _ = io.WriteString(p.w, "scoopp2p: "+text+"\n") // stderr is the last resort; there is nobody to tell
}
