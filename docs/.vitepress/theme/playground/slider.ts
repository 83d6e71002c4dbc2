// Converts between the text of a field and the place of its slider. A slider changes the first number, or the first time, of the text and
// leaves the rest: exp:3ms becomes exp:4ms.

import type { Field } from './fields'

const units: Record<string, number> = { ns: 1e-9, us: 1e-6, 'µs': 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }
const time = /(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+/
const number = /-?(?:\d+\.?\d*|\.\d+)/

// The places of a logarithmic slider: values of two digits, all different, so that each key press changes the value.
function stops({ kind, slider }: Field): number[] {
  const { from, to } = slider!
  const round = (x: number) => (kind === 'number' ? Math.round(Number(x.toPrecision(2))) : Number(x.toPrecision(2)))
  const steps = 160
  return [...new Set(Array.from({ length: steps + 1 }, (_, i) => round(from * (to / from) ** (i / steps))))]
}

export function range(field: Field): { min: number; max: number; step: number } {
  const { from, to, scale, step = 1, none } = field.slider!
  return scale === 'log' ? { min: none ? -1 : 0, max: stops(field).length - 1, step: 1 } : { min: from, max: to, step }
}

// The place nearest to a field's text; undefined if the text has no number or time.
export function place(field: Field, text: string): number | undefined {
  const { min, max } = range(field)
  if (text.trim() === '') return field.slider!.none ? min : undefined
  const value = read(field, text)
  if (value === undefined) return undefined
  if (field.slider!.scale === 'linear') return Math.min(Math.max(value, min), max)
  const far = (stop: number) => Math.abs(Math.log(stop / Math.max(value, Number.MIN_VALUE)))
  return stops(field).reduce((best, stop, i, all) => (far(stop) < far(all[best]) ? i : best), 0)
}

// The text for a place, given the present one.
export function moved(field: Field, text: string, at: number): string {
  const { scale, none } = field.slider!
  if (none && at <= range(field).min) return ''
  const value = scale === 'log' ? stops(field)[at] : at
  const part = field.kind === 'time' ? writeTime(value) : String(value)
  const old = (field.kind === 'time' ? time : number).exec(text)
  return old ? text.slice(0, old.index) + part + text.slice(old.index + old[0].length) : part
}

function read(field: Field, text: string): number | undefined {
  if (field.kind !== 'time') return number.test(text) ? Number(text) : undefined
  const found = time.exec(text)?.[0]
  if (!found) return undefined
  let seconds = 0
  for (const [, amount, unit] of found.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) seconds += Number(amount) * units[unit]
  return seconds
}

function writeTime(seconds: number): string {
  const [unit, size] = seconds >= 1 || seconds === 0 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e-3] : ['us', 1e-6]
  return `${Number((seconds / (size as number)).toPrecision(3))}${unit}`
}
