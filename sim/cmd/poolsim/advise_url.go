//go:build !js

package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// mostPage is the longest page that is read.
const mostPage = 64 << 20

// fetchURL reads a debug page as JSON.
func fetchURL(address string) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("%q is not the address of a page: it begins with http:// or https://", address)
	}
	client := http.Client{Timeout: 30 * time.Second}
	req, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json") // for an address without ?format=json
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	page, err := io.ReadAll(io.LimitReader(resp.Body, mostPage+1))
	switch {
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %s%s", address, resp.Status, saying(page))
	case err != nil:
		return nil, err
	case len(page) > mostPage:
		return nil, errors.New("the page is too long: name one pool, with ?pool=NAME")
	}
	return page, nil
}

// saying returns the first line of an answer that is short and no HTML.
func saying(page []byte) string {
	line, _, _ := strings.Cut(strings.TrimSpace(string(page)), "\n")
	if line == "" || line[0] == '<' || len(line) > 200 {
		return ""
	}
	return fmt.Sprintf(": %q", line)
}
