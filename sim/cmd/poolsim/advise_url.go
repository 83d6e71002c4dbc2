//go:build !js

package main

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// mostPage is the longest page that is read.
const mostPage = 64 << 20

func fetchURL(url string) ([]byte, error) {
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return io.ReadAll(io.LimitReader(resp.Body, mostPage))
}
