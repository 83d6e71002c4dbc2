//go:build !linux

package live

import "time"

func nap(d time.Duration) { time.Sleep(d) }
