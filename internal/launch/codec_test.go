package launch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
)

func testSpec() Spec {
	return Spec{
		Rank: 1, Workers: 2, Peers: 4, Verbosity: 1,
		Secret:    bytes.Repeat([]byte{7}, SecretBytes),
		Listen:    []string{"/ip4/127.0.0.1/tcp/0"},
		Bootstrap: []string{"/ip4/127.0.0.1/tcp/1/p2p/x"},
	}
}

func TestMessagesComeBack(t *testing.T) {
	for _, want := range []Message{testSpec(), Interrupt{N: 2}, Gone{PeerID: "p"}, Leave{}} {
		line, err := encodeMessage(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeMessage(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%#v came back as %#v, %v", want, got, err)
		}
	}
}

func TestEventsComeBack(t *testing.T) {
	events := []Event{
		Hello{PID: 4},
		Ready{PeerID: "p", Addrs: []string{"/a"}},
		Joined{PeerID: "p"},
		Lost{PeerID: "p", Rerun: 37},
		Fatal{Code: 3, Msg: "no\nway"},
		Stats{Executed: 1, Stolen: 2, Rerun: 3},
	}
	for _, want := range events {
		line, err := encodeEvent(want)
		if err != nil {
			t.Fatal(err)
		}
		if n := bytes.Count(line, []byte{'\n'}); n != 1 {
			t.Errorf("%#v takes %d lines", want, n)
		}
		got, err := decodeEvent(line)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%#v came back as %#v, %v", want, got, err)
		}
	}
}

func TestDecodeEvent(t *testing.T) {
	tests := map[string]struct {
		line string
		want Event
		bad  bool
	}{
		"unknown kind":   {`{"kind":"sing","body":{"key":1}}`, nil, false},
		"unknown field":  {`{"kind":"lost","body":{"peer":"p","rerun":2,"mood":"sad"},"extra":1}`, Lost{"p", 2}, false},
		"no body":        {`{"kind":"hello"}`, Hello{}, false},
		"not JSON":       {`kind: hello`, nil, true},
		"wrong type":     {`{"kind":"lost","body":{"peer":7}}`, nil, true},
		"no peer":        {`{"kind":"ready","body":{}}`, nil, true},
		"negative rerun": {`{"kind":"lost","body":{"peer":"p","rerun":-1}}`, nil, true},
		"long peer":      {`{"kind":"joined","body":{"peer":"` + strings.Repeat("x", maxNameBytes+1) + `"}}`, nil, true},
	}
	for name, tc := range tests {
		got, err := decodeEvent([]byte(tc.line))
		if tc.bad != (err != nil) || (!tc.bad && got != tc.want) {
			t.Errorf("%s: %#v, %v", name, got, err)
		}
	}
}

func TestSpecIsValidated(t *testing.T) {
	tests := map[string]func(*Spec){
		"negative rank":  func(s *Spec) { s.Rank = -1 },
		"rank too large": func(s *Spec) { s.Rank = s.Peers },
		"no worker":      func(s *Spec) { s.Workers = 0 },
		"short key":      func(s *Spec) { s.Secret = s.Secret[1:] },
		"empty address":  func(s *Spec) { s.Listen = []string{""} },
		"many addresses": func(s *Spec) { s.Bootstrap = make([]string, MaxAddrs+1) },
	}
	for name, spoil := range tests {
		s := testSpec()
		spoil(&s)
		line, err := encodeMessage(s)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeMessage(line); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSecretIsNotPrinted(t *testing.T) {
	s := testSpec()
	raw, _ := json.Marshal(s.Secret)
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		text := fmt.Sprintf(format, s)
		if strings.Contains(text, "7 7 7") || strings.Contains(text, "0x7, 0x7") || strings.Contains(text, string(raw)) {
			t.Errorf("%s prints the key: %s", format, text)
		}
	}
}

func TestLongLines(t *testing.T) {
	if _, err := encodeEvent(Ready{PeerID: strings.Repeat("x", MaxLineBytes)}); !errors.Is(err, ErrLong) {
		t.Errorf("a long event: %v", err)
	}
	line, err := encodeEvent(Fatal{Msg: strings.Repeat("x", MaxLineBytes)})
	if err != nil || len(line) > MaxLineBytes {
		t.Errorf("a long last word: %d bytes, %v", len(line), err)
	}
	long := strings.Repeat("y", MaxLineBytes)
	in := newLines(strings.NewReader("one\n" + long + "\n" + long + long + "\ntwo\r\n" + long[1:] + "\ntorn"))
	for _, want := range []string{"one", "two", long[1:]} {
		got, err := in.next()
		if err != nil || string(got) != want {
			t.Fatalf("line of %d bytes, %v; want one of %d", len(got), err, len(want))
		}
	}
	if got, err := in.next(); err != io.EOF {
		t.Errorf("a torn line was read: %q, %v", got, err)
	}
}

// FuzzMessage feeds arbitrary bytes to both decoders. What they accept must survive being sent on.
func FuzzMessage(f *testing.F) {
	spec, _ := encodeMessage(testSpec())
	f.Add(spec)
	f.Add([]byte(`{"kind":"ready","body":{"peer":"p","addrs":["/a"]}}` + "\n"))
	f.Add([]byte(`{"kind":"lost","body":{"peer":"p","rerun":3}}` + "\n" + `{"kind":"interrupt","body":{"n":1}}` + "\n"))
	f.Add([]byte("{}\n[]\nnull\n\"\\u0000\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		in := newLines(bytes.NewReader(data))
		for {
			line, err := in.next()
			if err != nil {
				return
			}
			if len(line) >= MaxLineBytes {
				t.Fatalf("a line of %d bytes", len(line))
			}
			if m, err := decodeMessage(line); err == nil && m != nil {
				again(t, m, encodeMessage, decodeMessage)
			}
			if e, err := decodeEvent(line); err == nil && e != nil {
				if f, ok := e.(Fatal); !ok || len(f.Msg) <= maxTextBytes {
					again(t, e, encodeEvent, decodeEvent)
				}
			}
		}
	})
}

// again encodes and decodes. Escaping may make a line too long to send; that must be said.
func again[T any](t *testing.T, v T, enc func(T) ([]byte, error), dec func([]byte) (T, error)) {
	line, err := enc(v)
	if errors.Is(err, ErrLong) {
		return
	}
	if err != nil {
		t.Fatalf("%#v was accepted and cannot be encoded: %v", v, err)
	}
	back, err := dec(line)
	if err != nil {
		t.Fatalf("%s is not accepted again: %v", line, err)
	}
	first, _ := enc(v)
	second, _ := enc(back)
	if !bytes.Equal(first, second) {
		t.Fatalf("%s became %s", first, second)
	}
}
