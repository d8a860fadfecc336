package rpc

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// Kind says what a message is. Kinds from 1 to FirstReservedKind-1 belong to the caller.
type Kind uint8

// FirstReservedKind and all kinds above it belong to this package, and so does 0.
const FirstReservedKind Kind = 0xf0

const (
	kindHello     Kind = 0xf0 + iota // opener: version, nonce
	kindChallenge                    // acceptor: version, nonce, proof
	kindProof                        // opener: proof, session, addresses, hello body
	kindWelcome                      // acceptor: session, addresses, hello body
	kindRefuse                       // either: code, text; the stream ends
	kindBye                          // either: an orderly end; the last frame of a session
	kindResponse                     // the answer to a call: status, then the result or the error's text
)

// maxHeaderBytes is the longest frame header: length, kind, request ID.
const maxHeaderBytes = binary.MaxVarintLen64 + 1 + binary.MaxVarintLen64

// errShort says that the bytes end within a header.
var errShort = errors.New("short header")

// frame is one message: id is 0 for a one-way message, else it ties a call to its response.
type frame struct {
	kind Kind
	id   uint64
	body []byte
	wire int // bytes on the wire, set when read
}

// appendFrame appends a whole frame whose body is head followed by body.
func appendFrame(dst []byte, kind Kind, id uint64, head, body []byte) []byte {
	dst = appendHeader(dst, kind, id, len(head)+len(body))
	dst = append(dst, head...)
	return append(dst, body...)
}

func appendHeader(dst []byte, kind Kind, id uint64, bodyBytes int) []byte {
	idBytes := 1
	for v := id; v >= 0x80; v >>= 7 {
		idBytes++
	}
	dst = binary.AppendUvarint(dst, uint64(1+idBytes+bodyBytes))
	dst = append(dst, byte(kind))
	return binary.AppendUvarint(dst, id)
}

// parseHeader reads a header from the start of b and gives its length and that of the body. It returns errShort when b
// ends before the header does, and never allocates what the header claims.
func parseHeader(b []byte, maxBody int) (f frame, headerBytes, bodyBytes int, err error) {
	length, n, err := uvarint(b)
	if err != nil {
		return f, 0, 0, err
	}
	if length < 2 {
		return f, 0, 0, fmt.Errorf("%w: frame of length %d", ErrProtocol, length)
	}
	if length > uint64(maxBody)+1+binary.MaxVarintLen64 {
		return f, 0, 0, fmt.Errorf("%w: frame of length %d, at most %d are allowed here", ErrProtocol, length, maxBody)
	}
	if len(b) == n {
		return f, 0, 0, errShort
	}
	f.kind = Kind(b[n])
	id, m, err := uvarint(b[n+1:])
	if err != nil {
		return f, 0, 0, err
	}
	f.id = id
	bodyBytes = int(length) - 1 - m
	if bodyBytes < 0 || bodyBytes > maxBody {
		return f, 0, 0, fmt.Errorf("%w: body of %d bytes", ErrProtocol, bodyBytes)
	}
	if f.kind == 0 {
		return f, 0, 0, fmt.Errorf("%w: kind 0", ErrProtocol)
	}
	return f, n + 1 + m, bodyBytes, nil
}

// uvarint is binary.Uvarint that accepts the shortest form only: one message has one encoding.
func uvarint(b []byte) (v uint64, n int, err error) {
	v, n = binary.Uvarint(b)
	switch {
	case n == 0:
		return 0, 0, errShort
	case n < 0 || n > 1 && b[n-1] == 0:
		return 0, 0, fmt.Errorf("%w: bad varint", ErrProtocol)
	}
	return v, n, nil
}

// frameReader takes frames off a stream. A stream may be silent between frames for ever; a frame that has begun must
// arrive at readChunkBytes per timeout. Each body is freshly allocated and belongs to whoever gets it.
type frameReader struct {
	br      *bufio.Reader
	maxBody int
	timeout time.Duration         // 0: the deadlines are the owner's business
	arm     func(time.Time) error // the stream's SetReadDeadline
}

func newFrameReader(src io.Reader, maxBody int, arm func(time.Time) error) *frameReader {
	return &frameReader{br: bufio.NewReaderSize(src, readBufferBytes), maxBody: maxBody, arm: arm}
}

// next returns io.EOF only when the stream ended between two frames.
func (r *frameReader) next() (frame, error) {
	if _, err := r.br.Peek(1); err != nil {
		return frame{}, err
	}
	buffered, _ := r.br.Peek(min(r.br.Buffered(), maxHeaderBytes))
	f, n, size, err := parseHeader(buffered, r.maxBody)
	if err == nil && n+size <= r.br.Buffered() { // nearly always: one message is one write is one read
		_, _ = r.br.Discard(n)
		f.body, f.wire = make([]byte, size), n+size
		_, err = io.ReadFull(r.br, f.body)
		return f, err
	}
	if err != nil && !errors.Is(err, errShort) {
		return frame{}, err
	}
	f, err = r.nextSlowly()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return f, err
}

// nextSlowly reads a frame of which only a part has arrived.
func (r *frameReader) nextSlowly() (frame, error) {
	if err := r.expect(); err != nil {
		return frame{}, err
	}
	f, n, size, err := r.header()
	if err != nil {
		return frame{}, err
	}
	_, _ = r.br.Discard(n)
	f.wire = n + size
	if f.body, err = r.body(size); err != nil {
		return frame{}, err
	}
	if r.timeout > 0 {
		err = r.arm(time.Time{})
	}
	return f, err
}

// header waits for a whole header and leaves it unread.
func (r *frameReader) header() (f frame, headerBytes, bodyBytes int, err error) {
	for {
		b, _ := r.br.Peek(min(r.br.Buffered(), maxHeaderBytes))
		f, headerBytes, bodyBytes, err = parseHeader(b, r.maxBody)
		if !errors.Is(err, errShort) {
			return f, headerBytes, bodyBytes, err
		}
		if _, err = r.br.Peek(len(b) + 1); err != nil {
			return f, 0, 0, err
		}
	}
}

// body reads size bytes. Memory follows the bytes that really arrive: a claim alone gets readChunkBytes.
func (r *frameReader) body(size int) ([]byte, error) {
	body := make([]byte, 0, min(size, readChunkBytes))
	for len(body) < size {
		if len(body) == cap(body) {
			grown := make([]byte, len(body), min(size, bodyGrowth*cap(body)))
			copy(grown, body)
			body = grown
		}
		if err := r.expect(); err != nil {
			return nil, err
		}
		chunk := body[len(body):min(cap(body), len(body)+readChunkBytes)]
		n, err := io.ReadFull(r.br, chunk)
		body = body[:len(body)+n]
		if err != nil {
			return nil, err
		}
	}
	return body, nil
}

// expect gives the next bytes their deadline.
func (r *frameReader) expect() error {
	if r.timeout == 0 {
		return nil
	}
	return r.arm(time.Now().Add(r.timeout))
}
