package main

func realTimeCommands() []*command { return nil }
