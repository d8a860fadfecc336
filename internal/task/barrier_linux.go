//go:build linux && (amd64 || arm64) && !race

package task

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// The commands of membarrier(2), Linux 4.14 and later.
const (
	membarrierPrivateExpedited         = 1 << 3
	membarrierRegisterPrivateExpedited = 1 << 4
)

func initBarrier() bool {
	_, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierRegisterPrivateExpedited, 0, 0)
	return errno == 0
}

func heavyBarrier() {
	if _, _, errno := unix.Syscall(unix.SYS_MEMBARRIER, membarrierPrivateExpedited, 0, 0); errno != 0 {
		panic(fmt.Sprintf("task: membarrier: %v", errno)) // it was there when the process started
	}
}
