//go:build race

package redispool

// raceEnabled reports whether the race detector is on. With it, sync.Pool drops some values
// at random.
const raceEnabled = true
