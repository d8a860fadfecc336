//go:build !amd64 && !arm64

package worker

import (
	"bytes"
	"runtime"
	"strconv"
)

// getg returns the number of this goroutine, from the head of its stack trace: about a microsecond, on architectures
// where nobody has written the two instructions of g_amd64.s yet.
func getg() uintptr {
	var buf [64]byte
	fields := bytes.Fields(buf[:runtime.Stack(buf[:], false)])
	if len(fields) < 2 {
		return 0
	}
	n, err := strconv.ParseUint(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return uintptr(n)
}
