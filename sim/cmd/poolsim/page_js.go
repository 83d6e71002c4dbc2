package main

import "errors"

// fetchURL refuses: a page has no other program to ask.
func fetchURL(string) ([]byte, error) { return nil, errors.New("is not for a page") }

func realTimeCommands() []*command { return nil }
