//go:build !race

package redispool

const raceEnabled = false
