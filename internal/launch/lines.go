package launch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads newline-terminated lines of at most MaxLineBytes in constant memory.
type lines struct {
	r *bufio.Reader
}

func newLines(r io.Reader) *lines {
	return &lines{bufio.NewReaderSize(r, MaxLineBytes)}
}

// next returns the next line without its newline; the bytes are valid until the following call. Lines that are too long
// are skipped whole, and so is a last line that has no newline: its writer was killed in the middle of it.
func (l *lines) next() ([]byte, error) {
	for {
		line, err := l.r.ReadSlice('\n')
		if err == nil {
			return bytes.TrimRight(line, "\r\n"), nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if err := l.skip(); err != nil {
			return nil, err
		}
	}
}

// skip discards up to and including the next newline.
func (l *lines) skip() error {
	for {
		_, err := l.r.ReadSlice('\n')
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}
