package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/scoopp2p/scoopp2p/internal/launch"
)

// maxKeyFileBytes bounds what is read of a key file: 64 digits and some white space.
const maxKeyFileBytes = 256

// secret returns the key of the job: from the file that the user named; the user's own, if launchers are to meet, so
// that two of one user do without a flag and strangers do not get in; or else a fresh one.
func (o *options) secret() ([]byte, error) {
	switch {
	case o.keyFile != "":
		return readKey(o.keyFile)
	case len(o.listen) > 0 || len(o.bootstrap) > 0:
		path, err := ownKeyPath()
		if err != nil {
			return nil, err
		}
		return ownKey(path)
	}
	return freshKey(), nil
}

func freshKey() []byte {
	key := make([]byte, launch.SecretBytes)
	_, _ = rand.Read(key) // never fails, see its documentation
	return key
}

func ownKeyPath() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", &failure{exitFailed, fmt.Sprintf("no place for your swarm key: %v", err), "--key FILE"}
	}
	return filepath.Join(dir, "scoopp2p", "swarm.key"), nil
}

// ownKey reads the user's key and makes it if there is none. The new file is written under another name (O_EXCL, 0600)
// and then linked: a second launcher of the same moment finds a whole key or none, and link, unlike rename, does not
// replace one that it may have made already.
func ownKey(path string) ([]byte, error) {
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, &failure{exitFailed, fmt.Sprintf("cannot make your swarm key: %v", err), "--key FILE"}
	}
	return readKey(path)
}

func makeKey(path string) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, ".swarm.key-*") // CreateTemp uses O_EXCL and 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(tmp.Name())) }()
	_, err = fmt.Fprintf(tmp, "%x\n", freshKey())
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Link(tmp.Name(), path)
}

// keyError keeps fs.ErrNotExist visible below the text for the user.
type keyError struct {
	failure
	cause error
}

func (e *keyError) Unwrap() []error { return []error{&e.failure, e.cause} }

func readKey(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, &keyError{failure{exitFailed, fmt.Sprintf("key file: %v", err), "openssl rand -hex 32 > FILE; chmod 600 FILE"}, err}
	}
	defer file.Close()
	if err := checkKeyFile(file); err != nil { // of the open file: what is checked is what is read
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFileBytes))
	if err != nil {
		return nil, &failure{exitFailed, fmt.Sprintf("key file: %v", err), ""}
	}
	key, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil || len(key) != launch.SecretBytes { // the text must not be quoted: it is a key, if a broken one
		return nil, &failure{exitFailed, fmt.Sprintf("key file %s does not hold %d hex digits", path, 2*launch.SecretBytes), "openssl rand -hex 32 > FILE; chmod 600 FILE"}
	}
	return key, nil
}

func checkKeyFile(file *os.File) error {
	info, err := file.Stat()
	if err != nil {
		return &failure{exitFailed, fmt.Sprintf("key file: %v", err), ""}
	}
	if !info.Mode().IsRegular() {
		return &failure{exitFailed, fmt.Sprintf("key file %s is not a regular file", file.Name()), ""}
	}
	return checkOwner(file.Name(), info)
}
