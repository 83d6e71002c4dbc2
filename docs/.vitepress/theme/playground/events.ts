// What happens in a run, and when: read from its arguments, and a leak's end from its report. The charts mark it.

import { seconds } from './figures'
import type { Report } from './report'

export interface Event {
  kind: 'restart' | 'outage' | 'slow' | 'stall' | 'leak'
  at: number // seconds
  until: number // equals at for an event that is over at once
  factor?: number // of a slow server
  label: string
}

const units: Record<string, number> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

export function argument(args: string[], flag: string): string {
  const at = args.indexOf(`-${flag}`)
  return at < 0 ? '' : args[at + 1]
}

// The seconds of a duration as Go writes it.
function duration(text: string): number {
  const parts = [...text.trim().matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|ms|s|m|h)/g)]
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * units[unit], 0)
}

export function eventsOf(args: string[], report?: Report): Event[] {
  const all = (flag: string) => argument(args, flag).split(',').filter(Boolean)
  const restarts = all('restart').map((text): Event => ({ kind: 'restart', at: duration(text), until: duration(text), label: 'restart' }))
  const intervals = (kind: 'outage' | 'stall') => all(kind).map((text): Event => {
    const [at, length] = text.split('+').map(duration)
    return { kind, at, until: at + length, label: kind }
  })
  const slow = all('slow').map((text): Event => {
    const [spell, factor] = text.split('*')
    const [at, length] = spell.split('+').map(duration)
    return { kind: 'slow', at, until: at + length, factor: Number(factor), label: `${factor}× slower` }
  })
  return [...restarts, ...intervals('outage'), ...slow, ...intervals('stall'), ...allLeaked(args, report)].sort((a, b) => a.at - b.at)
}

// The instant from which on every connection has leaked.
function allLeaked(args: string[], report?: Report): Event[] {
  const size = Number(argument(args, 'max-active'))
  const granted = report?.timeline.granted
  if (!granted || !size || report.uses.leaked < size) return []
  const at = (granted.findLastIndex((n) => n > 0) + 1) * report.timeline.step
  return [{ kind: 'leak', at, until: at, label: 'all leaked' }]
}

export function when({ at, until }: Event): string {
  return until > at ? `from ${seconds(at)} to ${seconds(until)}` : `at ${seconds(at)}`
}
