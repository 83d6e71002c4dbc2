// Package multiplex lets many callers share a few connections of redigo's.
//
// redigo's connection allows one goroutine to send while another one receives, and a server answers in order. So a
// connection can carry the commands of many callers: they are sent in one order, and the replies come in the same order.
// One system call then sends many commands, and one reads many replies.
//
// A [Mux] has a fixed number of links. A link has a connection while calls are under way, and gives it back to its
// [Source] when the last one is over. At rest a Mux has no connection, no goroutine and no timer.
//
// # Roles
//
// A link has two roles. The writer takes calls from the queue, sends them and flushes. The reader receives replies and
// hands them to their callers. At most one goroutine has each role, under the flags writing and reading:
//
//   - A caller that finds the link without a writer becomes the writer, for one batch. It leaves what has come meanwhile
//     to a new goroutine.
//   - A caller whose batch is small, on a link without a reader, becomes the reader too, until it has its own reply. So
//     a few callers need no other goroutine.
//   - A caller that may leave, since its context can end or it has a timeout, takes no role, because a role cannot be left
//     in the middle of a system call. A new goroutine takes the role.
//   - The reader's goroutine ends when nothing is under way.
//
// # A lone call
//
// A caller that finds the link at rest sends and receives on its own goroutine, without the roles, the queue and the lock:
// see doAlone. It moves the link from phase to phase with one atomic operation each. Another caller that comes to the link
// changes the phase under the lock, and puts the lone call where it would be as one of many: into the queue, or into flight
// with both roles or one. The lone caller finds the phase changed at its next step, and goes on in that role.
//
// Callers that have met are likely to meet again. So the next calls are not sent alone, even if they find the Mux at rest: see
// crowd. The calls of a small crowd stay on one link, unless it has waited for something for long: see takesMore.
//
// # Polling
//
// Before the reader sleeps it may poll: it asks the kernel again and again whether something has arrived. That spares it the
// wake-up. But it occupies a processor, so one goroutine of the program polls at a time, and the Mux measures whether polling
// helps: see poller and pollChoice.
//
// # Batches
//
// A system call costs more than all else that a call needs, so a batch should be large. Three rules see to it:
//
//   - The writer lets others run that are about to call, before it takes the queue.
//   - No goroutine begins to write while the reader has replies at hand: the callers that get them are about to call again.
//   - A batch does not begin with less than a fourth of the calls that are in flight. Otherwise many small batches follow each
//     other: their replies come one by one, and so do the next calls. A call waits for this no longer than for the replies
//     in flight. With up to four of these it never waits.
//
// # Order
//
// A call enters flight, the list of the calls that await a reply, in the same locked section in which the writer takes it
// from the queue. Only the writer takes calls, so flight has the order of sending. Only the reader takes calls from
// flight. A caller that leaves takes nothing out of flight: the reader receives its reply and drops it. So no reply can
// reach another call.
//
// # Failure
//
// After the first error of a connection nothing more is sent on it. Every call that was in flight gets that error, when
// both roles have ended: until then the writer may still read the arguments of a call. Calls in the queue were never sent.
// They wait for the next connection.
package multiplex
