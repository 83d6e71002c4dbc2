package main

import "strings"

// traceHead and traceLine are the lines of a trace in JSON.
type traceHead struct {
	About string `json:"about"`
	Pool  string `json:"pool"`
}

type traceLine struct {
	At      float64  `json:"at"` // seconds of virtual time
	After   string   `json:"after"`
	Event   string   `json:"event"`
	Effects []string `json:"effects"`
}

// storyOf returns a line of a trace as a line of a story.
func (l *traceLine) storyOf() string {
	when := ""
	if l.After != "" && l.After != "0s" {
		when = "+" + l.After + " "
	}
	return strings.Join(append([]string{when + l.Event}, l.Effects...), bar)
}
