package planted_test

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// plantedInShell are faults in what the search knows nothing of: what package resource does
// around the ledger, and what is built on it. Each names the test that finds it.
type plantedInShell struct {
	planted
	test string
}

// shellFaults are the faults in each package. A list has all faults of one folder, because the
// tests of a folder are built once.
func shellFaults() [][]plantedInShell {
	return [][]plantedInShell{plantedInResource(), plantedInAlive(), plantedInRedispool(), plantedInLog(), plantedInDebugPage(), plantedInSim(), plantedInLive(), plantedInFit()}
}

func plantedInResource() []plantedInShell {
	return []plantedInShell{
		// Errors that say why.
		{planted{"an old failure is blamed after a success", "resource/poolerror.go",
			"f.failed && f.opened == s.Opened", "f.failed"}, "TestPoolErrorHasTheLastFailure"},
		{planted{"the limit over all keys is blamed for that of a key", "resource/poolerror.go",
			"byTotal := s.Active < s.MaxActive && ", "byTotal := "}, "TestPoolErrorOfAKey"},
		{planted{"waiters missing in a snapshot", "resource/poolerror.go",
			"Closing: s.Closing, Waiting: s.Waiting,", "Closing: s.Closing,"}, "TestPoolErrorSaysWhy"},
		{planted{"a test that took all the time is taken for a close", "resource/closing.go",
			"		if failed != nil {\n", "		if failed != nil && false {\n"}, "TestPoolErrorSaysThatTheTestTookLong"},
		{planted{"a key writes a line of the log", "resource/errors.go",
			"	if text == \"\" || unprintable || ", "	if text == \"\" || unprintable && false || "}, "TestErrorsQuoteOddKeys"},
		{planted{"the wait of a caller missing in its error", "resource/poolerror.go",
			"e := &PoolError{Err: err, Waited: waited, Snapshot", "e := &PoolError{Err: err, Snapshot"}, "TestPoolErrorSaysWhy"},

		{planted{"acquires of a closed Keyed are not counted", "resource/keyed_pool.go",
			"			k.former.Rejected++ // no pool of a key counts it\n", ""}, "TestKeyedClose"},
		{planted{"acquires that a forgotten pool refuses are not counted", "resource/keyed_shared.go",
			"	m.shared.former.Rejected += ", "	_ = "}, "TestKeyedCountsWhatComesLate"},
		{planted{"errors of late closes missing in a Keyed", "resource/closing.go",
			"			p.member.shared.closeErrors.Add(1)\n", ""}, "TestKeyedCountsWhatComesLate"},

		// The observer.
		{planted{"observers behind one that panics hear nothing", "resource/watch.go",
			"			w.callAll(all[called+1:], e) // it may be Goexit, so the loop below does not go on\n", ""}, "TestObserverPanics"},
		{planted{"panics of an observer not counted", "resource/watch.go",
			"	w.panics.Add(1)\n", ""}, "TestObserverPanics"},
		{planted{"a failed open observed as a good one", "resource/watch_resource.go",
			"		e.Kind = EventOpenFailed\n", ""}, "TestEventsAreWhatStatsCount"},
		{planted{"the end of a lease observed by nobody", "resource/watch_resource.go",
			"	defer p.cleanUp(l) // even if the goroutine ends\n	p.watch.observe(e, now)\n", "	_, _ = e, now\n	p.cleanUp(l)\n"}, "TestEventsOfACycle"},
		{planted{"the wait missing in an event", "resource/watch_acquire.go",
			"Took: now.Sub(s.began), Waited: s.waited, Err: err}", "Took: now.Sub(s.began), Err: err}"}, "TestEventsOfACycle"},
		{planted{"the pool's own events delivered in pairs only", "resource/watch_pending.go",
			"len(w.events) > 0 && !w.delivering", "len(w.events) > 1 && !w.delivering"}, "TestEventsOfACycle"},

		// Histograms.
		{planted{"quantile one too high", "resource/histogram.go",
			"seen += b.n; seen >= rank", "seen += b.n; seen > rank"}, "TestHistogramIsASortedList"},
		{planted{"carry lost in the sum of two histograms", "resource/histogram.go",
			"bits.Add64(h.high, o.high, carry)", "bits.Add64(h.high, o.high, 0*carry)"}, "TestHistogramSumsCarry"},
		{planted{"carry lost in the sum of a histogram", "resource/histogram_live.go",
			"		h.high.Add(1)\n", ""}, "TestHistogramSumsCarry"},
		{planted{"waits not measured", "resource/wait.go",
			"		p.watch.took(d, waitTimes)\n", ""}, "TestEventsAreWhatStatsCount"},

		// Leak reports and Reclaim.
		{planted{"leak reported too early", "resource/loans.go",
			"	case now.Sub(n.began) < a.leakAfter:\n", "	case now.Sub(n.began) < a.leakAfter/2:\n"}, "TestLeakIsReportedOnce"},
		{planted{"leak that comes back not reported", "resource/loans.go",
			"		a.report(EventLeakReturned, n)\n", ""}, "TestLeakIsReportedOnce"},
		{planted{"leaks counted for good", "resource/loans.go",
			"		a.leaked--\n", ""}, "TestLeakIsReportedOnce"},
		{planted{"stack of a leak begins in the pool", "resource/loans.go",
			"	return ok && isPool", "	return ok && len(rest) == 0 && isPool"}, "TestLeakIsReportedOnce"},
		{planted{"lost lease keeps its place", "resource/loans.go",
			"			a.pool.discard(n.lease, false) // its state is unknown\n", ""}, "TestReclaimGivesThePlaceBack"},
		{planted{"lost lease reported by nobody", "resource/loans.go",
			"			a.report(EventLost, n)\n", ""}, "TestReclaimGivesThePlaceBack"},
		{planted{"lost leases not counted", "resource/loans.go",
			"		a.lost++\n", ""}, "TestReclaimGivesThePlaceBack"},

		// Ready.
		{planted{"ready with one of several", "resource/ready.go",
			">= max(1, l.MinIdle())", ">= 1"}, "TestWaitReadyWaitsForMinIdle"},
		{planted{"the close of the pool wakes nobody who waits for it", "resource/ready.go",
			"(p.isReadyLocked() || p.ledger.IsShut())", "p.isReadyLocked()"}, "TestWaitReadyOfAClosedPool"},
		{planted{"ready is forgotten where another caller has opened", "resource/ready.go",
			"		case <-ready:\n		case <-retry:\n", "		case <-retry:\n"}, "TestWaitReadyHearsOfOthers"},

		// Shutdown by force.
		{planted{"holders keep what Terminate has closed", "resource/terminate.go",
			"!ok || !e.word.CompareAndSwap(w, w|revoked)", "!ok"}, "TestTerminate"},
		{planted{"Terminate closes nothing", "resource/terminate.go",
			"			closes.Go(func() { p.close(h) })\n", ""}, "TestTerminate"},
		{planted{"Terminate names no stack", "resource/terminate.go",
			"			x.Held, x.Stack = now.Sub(n.began), n.stack()\n", "			x.Held = now.Sub(n.began)\n"}, "TestTerminate"},
		{planted{"a lease begins in the pool, and not in the program", "resource/loans.go",
			"own = own && isOwnFrame(f)", "own = own && false"}, "TestHolderIsTheProgram"},
		{planted{"Terminate takes what is being released", "resource/terminate.go",
			"uint32(w.leasesEnded())+1 == uint32(e.slot.Facts().Uses)", "e.slot.Facts().Uses > 0"}, "TestTerminateMeetsAcquireAndRelease"},
	}
}

func plantedInAlive() []plantedInShell {
	return []plantedInShell{
		{planted{"a check takes a byte out of the connection", "resource/alive/peek_unix.go",
			"syscall.MSG_PEEK|syscall.MSG_DONTWAIT", "syscall.MSG_DONTWAIT"}, "TestCheckTakesNothing"},
		{planted{"a connection that cannot be looked at fails", "resource/alive/alive.go",
			"; errors.Is(err, net.ErrClosed) {", "; err != nil {"}, "TestCheckCannotSee"},
		{planted{"a connection that does not give its socket seems to be seen", "resource/alive/alive.go",
			"	s.found = errBlind // unless there is a look\n", "	s.found = nil\n"}, "TestCheckCannotSee"},
		{planted{"unread bytes are bad under TLS", "resource/alive/peek_unix.go",
			"		case encrypted:\n			return nil\n", ""}, "TestCheckUnderTLS"},
		{planted{"unread bytes are the end of the connection", "resource/alive/peek_unix.go",
			"		return ErrUnread\n", "		return ErrPeerClosed\n"}, "TestCheck"},
	}
}

func plantedInRedispool() []plantedInShell {
	return []plantedInShell{
		{planted{"a good connection fails", "redispool/alive.go",
			"	return p.pc.socket.Check()\n", "	_ = p.pc.socket.Check()\n	return errTestOver\n"}, "TestAliveFindsTheRightSocket"},
		{planted{"the socket of another connection is looked at", "redispool/alive.go",
			"v.Type() != layer.Type() || v.Pointer() != layer.Pointer()", "v.Type() != layer.Type()"}, "TestAliveFindsTheRightSocket"},
		{planted{"a connection under TLS is taken for a plain one", "redispool/alive.go",
			"			if encrypted {\n				return alive.UnderTLS(c)\n			}\n", ""}, "TestAliveIgnoresBytesUnderTLS"},
		{planted{"a connection that cannot be checked gets no PING", "redispool/alive.go",
			"pingAfter > 0 && time.Since(lastUsed) >= pingAfter", "pingAfter < 0"}, "TestAliveWithoutASocket"},

		// The commands of callers that are alone in a pool with Share.
		{planted{"a lone call never ends", "redispool/share_lone.go",
			"	defer func() { l.sharing.endLone(wasSent) }()\n", "	defer func() { _ = wasSent }()\n"}, "TestLoneCallPanics"},
		{planted{"the connection of a lone call that has panicked is never closed", "redispool/share_lone.go",
			"			w.Close(errConnClosed, false) // it must not be lent again\n", ""}, "TestLoneCallPanics"},
		{planted{"an error reply within an array overlooked", "redispool/share_wire.go",
			"		w.pc().noteReply(reply)\n", ""}, "TestLoneCallIsRefusedWithin"},
		{planted{"replies of Dial taken for those of a lone call", "redispool/share_source.go",
			"	if pc.maybeUnread {\n", "	if false {\n"}, "TestLoneCallAfterATalkativeDial"},
	}
}

func plantedInLog() []plantedInShell {
	return []plantedInShell{
		{planted{"each failure logged", "resource/poollog/problem.go",
			"	return !known\n", "	return true\n"}, "TestOpensFail"},
		{planted{"recovery not logged", "resource/poollog/problem.go",
			"	if attrs := o.ends(k, e); attrs != nil {\n", "	if attrs := o.ends(k, e); attrs != nil && k.over == \"\" {\n"}, "TestOpensFail"},
	}
}

func plantedInDebugPage() []plantedInShell {
	return []plantedInShell{
		{planted{"password in a URL shown", "resource/pooldebug/scrub.go",
			"	text = inURL.ReplaceAllString(text, \"${1}\"+hidden+\"@\")\n", ""}, "TestScrub"},
		{planted{"the page can be framed", "resource/pooldebug/handler.go",
			"	h.Set(\"X-Frame-Options\", \"DENY\")\n", ""}, "TestPageIsGuarded"},
		{planted{"the page takes any method", "resource/pooldebug/handler.go",
			"r.Method != http.MethodGet && r.Method != http.MethodHead", "r.Method == \"\""}, "TestPageIsReadOnly"},
		{planted{"a closed pool looks well", "resource/pooldebug/findings.go",
			"	if in.Closed {\n", "	if in.Closed && false {\n"}, "TestFindings"},
		{planted{"a closed Keyed looks well", "resource/pooldebug/report.go",
			", Closed: g.Closed()}", "}"}, "TestClosedKeyed"},
		{planted{"pools that come and go are not shown", "resource/pooldebug/each.go",
			"range s.each() {", "range map[string]resource.Inspection{} {"}, "TestAddEach"},
	}
}

// plantedInSim are faults in the simulation and in its advice of which no oracle knows.
func plantedInSim() []plantedInShell {
	return []plantedInShell{
		{planted{"openings without time left are not counted", "sim/measure.go",
			"			m.cutOpens++\n", ""}, "TestOpeningsWithoutTimeLeft"},
		{planted{"the last of two values of a key counts", "sim/json_syntax.go",
			"at.keys[name] {", "at.keys[name] && !at.key {"}, "TestParseStats"},
		{planted{"one of two spellings of a name counts", "sim/stats_json.go",
			"for _, names := range []object{o, histograms} {", "for _, names := range []object{} {"}, "TestParseStats"},
		{planted{"the heading of the first column may be there twice", "sim/csv_table.go",
			"slices.Index(t.others, t.heading); i >= 0", "slices.Index(t.others, t.heading); i >= len(row)"}, "TestColumnsRefused"},
		{planted{"advised limit one too high", "sim/advise.go",
			"	for a.MaxActive-below > 1 {\n", "	for a.MaxActive-below > 2 {\n"}, "TestAdviseIsErlangs"},
		{planted{"refused requests are no load", "sim/stats.go",
			"	return s.Use.Count + s.Refused + ", "	return s.Use.Count + "}, "TestAdviseOfAnOverloadedPool"},
		{planted{"attempts of refused callers are always requests", "sim/advise.go",
			"	a.IfRetried = min(a.MaxActive, served.MaxActive)\n", ""}, "TestAdviseOfRetries"},
		{planted{"callers that wait are no load", "sim/stats.go",
			" + uint64(max(s.pending, 0))\n", "\n"}, "TestAdviseOfAnOverloadedPool"},
		{planted{"callers that did not wait left out of the measured wait", "sim/advise.go",
			"	return s.Wait.Quantile(1 - beyond/float64(s.Wait.Count))\n", "	return s.Wait.Quantile(q)\n"}, "TestAdviseComparesWithTheMeasuredWait"},
		{planted{"a measured wait that contradicts agrees", "sim/advise.go",
			"y <= float64(enoughAlike*x) && (refuses ||", "(refuses ||"}, "TestAdviseComparesWithTheMeasuredWait"},
	}
}

// plantedInLive are faults in how real pools play a scenario.
func plantedInLive() []plantedInShell {
	const folder = "sim/cmd/poolsim/internal/live/"
	return []plantedInShell{
		{planted{"an instance that is gone gets requests", folder + "fleet.go",
			"x := p.all[p.fleet.turn]; x.live {", "x := p.all[p.fleet.turn]; x != p {"}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"an instance that is gone keeps its connections", folder + "fleet.go",
			"	if gone {\n		p.keepNone()\n	}\n", "	_ = gone\n"}, "TestGoneInstanceHasNoConnections"},
		{planted{"what is planned comes after the last request", folder + "plan.go",
			"!x.toRequests || r.coming.Load() > 0", "!x.toRequests || true"}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"an instance that comes back keeps none", folder + "fleet.go",
			"	must(p.pool.Resize(p.sc.Pool.MaxActive, p.sc.Pool.MaxIdle))\n", ""}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"the autoscaler looks at leases since the beginning", folder + "fleet.go",
			"	f.leased, f.lookedAt = 0, now\n", ""}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"all instances have the load of the first", folder + "live.go",
			"sc := r.whole.Instance(i)", "sc := r.whole.Instance(0)"}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"an opening outlives its request", folder + "request.go",
			"ok && bounded && time.Until(deadline) < takes", "ok && bounded && time.Until(deadline) < 0"}, "TestFleetIsThatOfTheVirtualRun"},
		{planted{"late workers are not made up for", folder + "front.go",
			"	*d = min(max(*d+drift(late/driftPart), 0), drift(mostDrift))\n", "	_ = late\n"}, "TestDriftMakesUpForLateWorkers"},
		{planted{"one connection above the maximum", folder + "proxy.go",
			"len(l.clients) >= l.max", "len(l.clients) > l.max"}, "TestProxyLimitsAndDrops"},
		{planted{"an outage takes connections", folder + "proxy.go",
			"	case l.down > 0:\n		return false\n", ""}, "TestProxyLimitsAndDrops"},
		{planted{"a client that has gone counts", folder + "proxy.go",
			"		x.left(client) // before the server sees the end\n", ""}, "TestProxyLimitsAndDrops"},
		{planted{"visits outlive the server", folder + "front.go",
			"	q.waiting = nil\n", ""}, "TestServerDiesWithItsQueue"},
	}
}

// plantedInFit are faults in how a log becomes a scenario.
func plantedInFit() []plantedInShell {
	const folder = "sim/internal/fit/"
	return []plantedInShell{
		{planted{"a line is written when its request arrives", folder + "jsonl_values.go",
			"			c.at[i] -= int64(took[i])\n", "			c.at[i] -= 0 * int64(took[i])\n"}, "TestJSONLinesWithOptions"},
		{planted{"lines that are no requests are not counted", folder + "jsonl_values.go",
			"		c.others++\n", ""}, "TestFilesAsPeopleHaveThem"},
		{planted{"a field that few lines have is chosen", folder + "jsonl.go",
			"return counts[a] > counts[b]", "return counts[a] < counts[b]"}, "TestJSONLinesChooseTheFieldOfMostLines"},
		{planted{"whole numbers are seconds", folder + "jsonl_values.go",
			`isNumber(text) && strings.ContainsAny(text, ".eE")`, "isNumber(text)"}, "TestFilesThatCannotBeRead"},
		{planted{"a flag without a meaning is ignored", folder + "formats.go",
			"formats[i].unused(o)", "error(nil)"}, "TestReadRefusesOptionsWithoutMeaning"},
		{planted{"a decimal comma needs no unit", folder + "csv.go",
			`m[1] == ""`, `m[1] == "?"`}, "TestReadRefuses"},
		{planted{"the first of two columns with one heading is read", folder + "csv.go",
			"onlyColumn(heading, i)", "nil"}, "TestReadRefuses"},
		{planted{"a sample that is there twice counts twice", folder + "prometheus.go",
			"first > 0 {", "first > line {"}, "TestReadRefuses"},
	}
}

// exporterFaults are those of modules of their own.
func exporterFaults() [][]plantedInShell {
	return [][]plantedInShell{{
		{planted{"every duration in every bucket", "resource/poolprom/histogram.go",
			"			buckets[bound] = h.AtMost(time.Duration(ns))\n", "			_ = time.Duration(ns)\n"}, "TestClassicHistogram"},
		{planted{"a pool that was removed is exported", "resource/poolprom/collector.go",
			"{ return c.pools.Remove(name) }", "{ return name != \"\" }"}, "TestRemove"},
		{planted{"the figures of shared connections are zero", "resource/poolprom/metrics.go",
			"sample(\"\", of(s.Shared))", "sample(\"\", 0*of(s.Shared))"}, "TestEveryFigureIsExported"},
		{planted{"a pool that shares nothing has figures of that", "resource/poolprom/metrics.go",
			"		if s.Shared.Limit > 0 {\n", "		if s.Shared.Limit >= 0 {\n"}, "TestSharedConnections"},
		{planted{"pools that come and go are not exported", "resource/poolprom/collector.go",
			"source{Each: stats}", "source{Each: func() map[string]resource.Stats { return nil }}"}, "TestAddEach"},
	}, {
		{planted{"waits that their context ended are no timeouts", "resource/poolotel/exporter.go",
			" || errors.Is(ev.Err, context.DeadlineExceeded)", ""}, "TestMetrics"},
		{planted{"a text that is not UTF-8 is exported", "resource/poolotel/instruments.go",
			"strings.ToValidUTF8(text, ", "strings.Trim(text, "}, "TestTextsAreUTF8"},
		{planted{"spans take no time", "resource/poolotel/spans.go",
			"trace.WithTimestamp(ev.Time.Add(-ev.Took))", "trace.WithTimestamp(ev.Time)"}, "TestSpans"},
		{planted{"the figures of shared connections are zero", "resource/poolotel/shared.go",
			"m.of(st), s.add)", "0*m.of(st), s.add)"}, "TestSharedConnections"},
		{planted{"a pool that shares nothing has figures of that", "resource/poolotel/shared.go",
			"	if st.Limit == 0 {\n", "	if st.Limit < 0 {\n"}, "TestSharedConnections"},
	}}
}

// TestPlantedFaultsOfExporters is TestPlantedFaultsOfShell for modules of their own, which
// may have to be fetched.
func TestPlantedFaultsOfExporters(t *testing.T) {
	if os.Getenv("RESPOOL_REQUIRE_PROMETHEUS") == "" || raceDetector {
		t.Skip("it runs with RESPOOL_REQUIRE_PROMETHEUS=1, without the race detector")
	}
	packages := exporterFaults()
	var all []planted
	for _, f := range slices.Concat(packages...) {
		all = append(all, f.planted)
	}
	findInPackages(t, packages, all)
}

// TestPlantedFaultsOfShell builds the tests of each package once, with every fault in the
// package and a switch that turns on one of them. With each fault on, the test that it names
// must fail. With none on, these tests must pass.
func TestPlantedFaultsOfShell(t *testing.T) {
	if testing.Short() || raceDetector { // what is built here is built without the detector
		t.Skip("it builds the tests of several packages")
	}
	findInPackages(t, shellFaults(), everyFault())
}

// findInPackages has the tests of packages find their faults. All builds have every fault.
func findInPackages(t *testing.T, packages [][]plantedInShell, every []planted) {
	for _, all := range packages {
		t.Run(strings.ReplaceAll(all[0].folder(), "/", "-"), func(t *testing.T) {
			t.Parallel()
			findInShell(t, all, every)
		})
	}
}

func findInShell(t *testing.T, all []plantedInShell, every []planted) {
	var faults []planted
	var tests []string
	for _, f := range all {
		faults, tests = append(faults, f.planted), append(tests, f.test)
	}
	program := buildPlantedTests(t, all[0].folder(), every)
	if out, failed := runTests(t, program, all[0].folder(), noFault, tests...); failed {
		t.Fatalf("without any fault:\n%s", out)
	}
	for i, n := range number(t, faults, every) {
		f := all[i]
		t.Run(strings.ReplaceAll(f.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			out, failed := runTests(t, program, f.folder(), n.number, f.test)
			if !failed {
				t.Fatalf("%s has passed:\n%s", f.test, out)
			}
			if !strings.Contains(out, "--- FAIL: "+f.test) && !strings.Contains(out, "panic: ") {
				t.Fatalf("%s has not failed:\n%s", f.test, out)
			}
		})
	}
}

// runTests runs tests of a package with one fault on, or with none. They run where go test
// would run them.
func runTests(t *testing.T, program, folder string, fault int, tests ...string) (out string, failed bool) {
	args := []string{"-test.run", "^(" + strings.Join(tests, "|") + ")$", "-test.v", "-test.timeout", limitOf(fault)}
	if folder == "resource" { // its tests know these flags
		args = append(args, "-rapid.seed", "1", "-rapid.nofailfile", "-rapid.shrinktime", "1s")
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir = inRoot(t, folder)
	c.Env = append(os.Environ(), fmt.Sprintf("%s=%d", plantedVariable, fault))
	text, err := c.CombinedOutput()
	out = string(text)
	for _, test := range tests {
		if !strings.Contains(out, "=== RUN   "+test+"\n") {
			t.Fatalf("there is no test %s:\n%s", test, out)
		}
	}
	return out, err != nil
}
