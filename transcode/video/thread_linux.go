package video

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// niceness of a thread that converts video: packets and sound go first when the machine is busy.
const niceness = 5

// yield gives the calling goroutine a thread of its own at lower priority, which ends with it. Linux
// has a niceness per thread.
func yield() {
	runtime.LockOSThread()
	_ = unix.Setpriority(unix.PRIO_PROCESS, 0, niceness)
}
