package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/respool/respool/docs/internal/walkthrough"
	redis "github.com/respool/respool/redispool"
	"github.com/respool/respool/resource/pooldebug"
)

// problems is where the pool's log goes. It prints and counts the records.
type problems struct {
	mu      sync.Mutex
	out     io.Writer
	records int
}

// logger logs without times, and of a stack only the first function and its line.
func (p *problems) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(p, &slog.HandlerOptions{ReplaceAttr: walkthrough.BriefLog}))
}

func (p *problems) Write(record []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.records++
	_, err := fmt.Fprintf(p.out, "  log   %s", record)
	return len(record), err
}

func (p *problems) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.records
}

// mute drops what comes after the end of the output.
func (p *problems) mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = io.Discard
}

// page is the debug page of the pool.
type page struct{ *pooldebug.Handler }

func pageOf(pool *redis.Pool) (page, error) {
	p := page{new(pooldebug.Handler)}
	return p, p.Add("shop", pool)
}

// show prints the lines of the page that name a function.
func (p page) show(out io.Writer, function string) {
	answer := httptest.NewRecorder()
	p.ServeHTTP(answer, httptest.NewRequest("GET", "/debug/pools?pool=shop", nil))
	for line := range strings.Lines(answer.Body.String()) {
		if strings.Contains(line, function) {
			fmt.Fprintf(out, "  page  %s", strings.TrimPrefix(line, "  "))
		}
	}
}
