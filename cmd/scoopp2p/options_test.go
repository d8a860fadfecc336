package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const someAddr = "/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGC7vm7ZSFuXoaqW7YvQmWJUBqPWzQJSBdGGo2WQfMcFT"

func TestParse(t *testing.T) {
	o, err := parse(strings.Fields("-n 5 --workers-per-peer=2 -vv --listen /ip4/127.0.0.1/tcp/0 --bootstrap " + someAddr + "," + someAddr + " ./prog -n 9 --help"))
	if err != nil {
		t.Fatal(err)
	}
	if o.program != "./prog" || !slices.Equal(o.args, []string{"-n", "9", "--help"}) {
		t.Errorf("program %q, arguments %q", o.program, o.args)
	}
	if !slices.Equal(o.split(), []int{2, 2, 1}) || o.level() != 2 || len(o.bootstrap) != 2 {
		t.Errorf("parsed %+v", o)
	}
	o, err = parse([]string{"--", "-weird", "x"})
	if err != nil || o.program != "-weird" || len(o.split()) != 1 {
		t.Errorf("after --: %+v, %v", o, err)
	}
	for _, word := range []string{"help", "-h", "--help"} {
		if o, err := parse([]string{word}); err != nil || !o.help {
			t.Errorf("%s: %+v, %v", word, o, err)
		}
	}
	if o, err := parse([]string{"--", "help"}); err != nil || o.help || o.program != "help" {
		t.Errorf("a program called help: %+v, %v", o, err)
	}
}

func TestSplit(t *testing.T) {
	for _, tc := range []struct {
		workers, per int
		want         []int
	}{{1, 0, []int{1}}, {8, 0, []int{8}}, {4, 1, []int{1, 1, 1, 1}}, {5, 4, []int{4, 1}}, {3, 9, []int{3}}} {
		o := options{workers: tc.workers, perPeer: tc.per}
		if got := o.split(); !slices.Equal(got, tc.want) {
			t.Errorf("%d workers by %d: %v, want %v", tc.workers, tc.per, got, tc.want)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	for args, want := range map[string]string{
		"--wokers 3 p":                     "unknown flag --wokers; try: --workers",
		"--worker-per-peer 3 p":            "--workers-per-peer",
		"--boot x p":                       "--bootstrap",
		"-listen x p":                      "try: --listen",
		"--zzzzzz p":                       "unknown flag --zzzzzz; try: scoopp2p --help",
		"-x p":                             "unknown flag -x",
		"-n 0 p":                           "-n 0",
		"-n -3 p":                          "-n -3",
		"-n x p":                           `not "x"`,
		"-n":                               "-n needs a value",
		"-n 70000 p":                       "at most 65536",
		"-n 4096 --workers-per-peer 1 p":   "at most 1024",
		"--workers-per-peer 0 p":           "--workers-per-peer 0",
		"-q -v p":                          "contradict",
		"--serve p":                        "--bootstrap",
		"--bootstrap nonsense p":           `"nonsense" is not a multiaddr`,
		"--bootstrap /ip4/1.2.3.4/tcp/1 p": "/p2p/ID",
		"--listen nonsense p":              `"nonsense" is not a multiaddr`,
		"--listen " + someAddr + " p":      "makes its own",
		"--listen /ip4/0.0.0.0/tcp/1 p":    "--key FILE",
		"--listen /dns4/localhost/tcp/1 p": "--key FILE",
		"--key= p":                         "--key",
		"":                                 "no program given",
		"-n 4":                             "no program given",
	} {
		_, err := parse(strings.Fields(args))
		f, ok := errors.AsType[*failure](err)
		if !ok || f.code != exitUsage || !strings.Contains(err.Error(), want) {
			t.Errorf("scoopp2p %s: %v, want a usage error with %q", args, err, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"listen", "listen", 0}, {"lisetn", "listen", 1}, {"kitten", "sitting", 3}} {
		if got := distance(tc.a, tc.b); got != tc.want || distance(tc.b, tc.a) != got {
			t.Errorf("%q to %q: %d, want %d", tc.a, tc.b, got, tc.want)
		}
	}
}

func TestListenOn(t *testing.T) {
	given := options{listen: []string{"/ip4/10.0.0.1/tcp/4001", "/ip6/::1/udp/4001/quic-v1"}}
	for name, tc := range map[string]struct {
		o           options
		rank, peers int
		want        []string
	}{
		"alone":         {options{}, 0, 1, nil},
		"first of two":  {options{}, 0, 2, []string{loopbackAddr}},
		"joins another": {options{bootstrap: []string{someAddr}}, 0, 1, []string{loopbackAddr}},
		"given, first":  {given, 0, 2, given.listen},
		"given, second": {given, 1, 2, []string{"/ip4/10.0.0.1/tcp/0", "/ip6/::1/udp/0/quic-v1"}},
	} {
		if got := tc.o.listenOn(tc.rank, tc.peers); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

func TestPrinterKeepsToOneLine(t *testing.T) {
	var b bytes.Buffer
	p := &printer{w: &b, level: -1}
	p.problem("a\nb\x1b[31mc\r%s", strings.Repeat("x", 2*maxPrintedRunes))
	p.note("never")
	text := b.String()
	if strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\x1b\r") || len(text) > maxPrintedRunes+64 {
		t.Errorf("printed %q", text)
	}
}

func TestKeyFile(t *testing.T) {
	dir := t.TempDir()
	good := strings.Repeat("0f", 32)
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := readKey(write("good", good+"\n", 0o600))
	if err != nil || !bytes.Equal(key, bytes.Repeat([]byte{15}, 32)) {
		t.Errorf("a good key: %x, %v", key, err)
	}
	for name, tc := range map[string]struct {
		text string
		mode os.FileMode
		want string
	}{
		"group":   {good, 0o640, "chmod 600"},
		"world":   {good, 0o604, "chmod 600"},
		"short":   {good[2:], 0o600, "64 hex digits"},
		"long":    {good + "00", 0o600, "64 hex digits"},
		"not hex": {"z" + good[1:], 0o600, "64 hex digits"},
		"huge":    {strings.Repeat(good, 100), 0o600, "64 hex digits"},
		"empty":   {"", 0o600, "64 hex digits"},
	} {
		_, err := readKey(write(name, tc.text, tc.mode))
		f, ok := errors.AsType[*failure](err)
		if !ok || f.code != exitFailed || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "0f0f") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, path := range []string{dir, filepath.Join(dir, "missing")} {
		if _, err := readKey(path); err == nil {
			t.Errorf("%s was read", path)
		}
	}
}

// TestOwnKeyIsMadeOnce lets many launchers start at the same moment.
func TestOwnKeyIsMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "config", "scoopp2p")
	path := filepath.Join(dir, "swarm.key")
	const launchers = 16
	keys := make(chan string, launchers)
	for range launchers {
		go func() {
			key, err := ownKey(path)
			if err != nil {
				t.Error(err)
			}
			keys <- string(key)
		}()
	}
	first := <-keys
	for range launchers - 1 {
		if key := <-keys; key != first {
			t.Error("two launchers of one user have different keys")
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key file: %v, %v", info, err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files left behind", len(left)-1)
	}
}
