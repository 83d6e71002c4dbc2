package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// userHz is the unit of the times in /proc, the same on every Linux.
const userHz = 10 * time.Millisecond

// othersTime is the processor time of all other processes, except for the case's server, and
// the time that was stolen from the machine. It is zero if /proc does not have it.
func othersTime() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	all, err := busyTime(stat)
	if err != nil {
		return 0
	}
	return all - ownTime() - serverTime()
}

// ownTime is the processor time of this process.
func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// serverTime is the processor time of the server, if there is one.
func serverTime() time.Duration {
	pid := os.Getenv(serverEnv)
	if pid == "" {
		return 0
	}
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return 0
	}
	d, err := processTime(stat)
	if err != nil {
		return 0
	}
	return d
}

// busyTime adds up what the first line of /proc/stat says: user, nice, system, idle,
// iowait, irq, softirq, steal. Interrupts are left out: those of a loopback
// connection are the case's own.
func busyTime(stat []byte) (time.Duration, error) {
	line, _, _ := bytes.Cut(stat, []byte("\n"))
	fields := strings.Fields(string(line))
	if len(fields) < 9 || fields[0] != "cpu" {
		return 0, fmt.Errorf("not the first line of /proc/stat: %q", line)
	}
	return sum(fields[1], fields[2], fields[3], fields[8])
}

// processTime adds up utime and stime, the 14th and 15th field of /proc/PID/stat. The
// second is a name in parentheses, which may have anything in it.
func processTime(stat []byte) (time.Duration, error) {
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0, fmt.Errorf("not the line of /proc/PID/stat: %q", stat)
	}
	return sum(fields[11], fields[12])
}

func sum(ticks ...string) (all time.Duration, err error) {
	for _, t := range ticks {
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return 0, err
		}
		all += time.Duration(n) * userHz
	}
	return all, nil
}
