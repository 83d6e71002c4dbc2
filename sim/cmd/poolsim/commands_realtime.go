//go:build !js

package main

// realTimeCommands are those that run real pools, over a network. In a browser
// there is neither, and leaving them out spares a page that runs poolsim two
// thirds of what it would have to load.
func realTimeCommands() []*command { return []*command{compareCommand(), validateCommand()} }
