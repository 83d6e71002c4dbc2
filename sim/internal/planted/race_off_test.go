//go:build !race

package planted_test

const raceDetector = false
