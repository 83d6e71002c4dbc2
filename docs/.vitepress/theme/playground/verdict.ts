// The verdict on a run, in words: what followed each event, and whether the pool bears its
// load.

import { argument, eventsOf, when, type Event } from './events'
import { count, digits, percent, seconds } from './figures'
import type { Report } from './report'

export function verdict(report: Report | undefined, args: string[]): string[] {
  if (!report) return []
  const events = eventsOf(args, report)
  const disturbances = events.filter(({ kind }) => kind !== 'leak')
  const sentences = disturbances.map((event, i) => course(report, args, event, disturbances[i + 1]?.at))
  if (report.calls) sentences.push(goodput(report, disturbances))
  if (report.fleet) sentences.push(fleet(report))
  if (report.keys) sentences.push(keys(report.keys))
  if (report.uses.leaked) sentences.push(leaks(report, args, events.find(({ kind }) => kind === 'leak')))
  if (!sentences.length && !report.overloaded) sentences.push(calm(report))
  return sentences
}

function calm({ wait, refused_fraction: refused }: Report): string {
  const waits = `99 of 100 requests that got a connection waited at most ${seconds(wait.p99)}`
  return refused ? `${percent(refused)} of the requests got no connection; ${waits}.` : `The pool bears this load: every request got a connection, and ${waits}.`
}

const what: Record<Event['kind'], (event: Event) => string> = {
  restart: (event) => `The server restarts ${when(event)}`,
  outage: (event) => `The server restarts and refuses connections ${when(event)}`,
  slow: (event) => `The server is ${event.factor} times slower ${when(event)}`,
  stall: (event) => `The server answers nothing ${when(event)}`,
  leak: () => '',
}

// How the waits and the refusals went from an event to the next one, or to the end.
function course(report: Report, args: string[], event: Event, next = Infinity): string {
  const { step, wait_p99, granted, refused } = report.timeline
  const stretches = (granted ?? []).map((_, i) => ({ begin: i * step, end: (i + 1) * step, p99: wait_p99![i] ?? 0, refused: refused![i] }))
  const before = stretches.filter(({ end }) => end <= event.at)
  const after = stretches.filter(({ begin, end }) => end > event.at && begin < next)
  // The first stretches open the pool's connections: their waits are no measure.
  const usual = highest(before.slice(Math.ceil(before.length / 10)))
  const worst = highest(after)
  const lost = after.reduce((sum, stretch) => sum + stretch.refused, 0)
  const last = after.findLast(({ p99, refused }) => p99 > 1.5 * usual || refused > 0)
  const parts = [`the p99 of the waits goes from ${seconds(usual)} to ${seconds(worst)}`]
  if (lost) parts.push(`${count(lost)} requests get no connection`)
  // With calls the goodput says whether the service came back: the waits of calls that fail do not.
  const end = report.calls ? '' : ` ${recovery(event, last?.end, after.at(-1)?.end)}`
  return `${what[event.kind](event)}${load(report, args, event)}: ${parts.join(', and ')}.${end}`
}

// How many calls were good before the first event, and at the end, when the last has long been over.
function goodput({ calls, timeline: { step, good } }: Report, events: Event[]): string {
  const all = `${count(calls!.good)} of ${count(calls!.calls)} calls were good.`
  if (!events.length || !good?.length) return all
  const rate = (part: number[]) => part.reduce((sum, n) => sum + n, 0) / (part.length * step)
  const before = good.filter((_, i) => (i + 1) * step <= events[0].at)
  const end = good.slice(-Math.ceil(good.length / 10))
  const over = Math.max(...events.map(({ until }) => until)) < (good.length - end.length) * step
  if (!before.length || !over) return all
  const [was, is] = [rate(before), rate(end)]
  const stays = is < was / 2 ? ' The cause is gone, and the service does not recover by itself.' : ''
  return `${all} There were ${digits(was)} a second before ${seconds(events[0].at)}, and ${digits(is)} a second in the last ${seconds(end.length * step)}.${stays}`
}

// Who came off worst of several instances.
function fleet({ fleet, refused_fraction, wait }: Report): string {
  const worst = fleet!.each.find(({ instance }) => instance === fleet!.worst)
  const all = `The waits and refusals are those of all ${count(fleet!.instances)} instances together.`
  if (!worst) return all
  const of = (refused: number, p99: number) => `${percent(refused)} refused, wait p99 ${seconds(p99)}`
  return `${all} Instance ${worst.instance} comes off worst: ${of(worst.refused_fraction, worst.wait_p99)}; of all: ${of(refused_fraction, wait.p99)}.`
}

// How keys fared that share limits.
function keys({ keys, longest_wait: longest, longest_to_mean: ratio, worst_key: key, displaced, reopens }: NonNullable<Report['keys']>): string {
  const all = `The waits and refusals are those of all ${count(keys)} keys with requests together.`
  const worst = longest ? ` The longest wait is ${seconds(longest)}, for key ${key}: ${digits(ratio)} times the mean of all.` : ''
  const closed = displaced ? ` ${count(displaced)} idle connections were closed for another key, and ${count(reopens)} were opened again.` : ''
  return all + worst + closed
}

const highest = (stretches: { p99: number }[]) => Math.max(0, ...stretches.map(({ p99 }) => p99))

// An overload in a part of the run is not in the report.
function load({ offered_load }: Report, args: string[], { factor = 1 }: Event): string {
  const size = Number(argument(args, 'max-active'))
  if (!size || factor === 1 || offered_load * factor <= size) return ''
  return `, which is overload (the offered load is ${digits(offered_load * factor)}, the pool has ${size})`
}

function recovery(event: Event, last?: number, end?: number): string {
  if (last === undefined) return 'Nobody notices.'
  if (last === end) return 'It does not recover before the next event or the end.'
  if (last <= event.until) return 'It recovers at once.'
  return `Recovery takes ${event.until > event.at ? 'another ' : ''}${seconds(last - event.until)}.`
}

function leaks(report: Report, args: string[], none?: Event): string {
  const size = Number(argument(args, 'max-active'))
  const lost = `${count(report.uses.leaked)}${size ? ` of ${size}` : ''} connections have leaked: their leases were never given back.`
  if (!none) return lost
  const stuck = report.outcomes.stuck ? ` ${count(report.outcomes.stuck)} requests are never served.` : ''
  return `${lost} After ${seconds(none.at)} nobody gets a connection.${stuck}`
}
