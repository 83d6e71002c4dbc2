//go:build race

package redispool

// raceEnabled reports whether the race detector is on. sync.Pool then drops some of what it is given, at random.
const raceEnabled = true
