//go:build !js

package main

// realTimeCommands are the commands that run real pools, over a network. A browser can
// run neither. Without these commands a page loads only a third as much.
func realTimeCommands() []*command { return []*command{compareCommand(), validateCommand()} }
