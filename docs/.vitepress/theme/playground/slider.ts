// Between the text of a field and the place of its slider. A slider changes the first number, or the first time, of the text and
// leaves the rest: exp:3ms becomes exp:4ms.

import type { Field, Slider } from './fields'

export const places = 200 // of a logarithmic slider

const units: Record<string, number> = { ns: 1e-9, us: 1e-6, 'µs': 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }
const time = /(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|ms|s|m|h))+/
const number = /-?(?:\d+\.?\d*|\.\d+)/

export function range({ from, to, scale, step = 1, none }: Slider): { min: number; max: number; step: number } {
  return scale === 'log' ? { min: none ? -1 : 0, max: places, step: 1 } : { min: from, max: to, step }
}

// The place nearest to a field's text; undefined where the text has nothing to move.
export function place(field: Field, text: string): number | undefined {
  const slider = field.slider!
  const { min, max } = range(slider)
  if (text.trim() === '') return slider.none ? min : undefined
  const value = read(field, text)
  if (value === undefined) return undefined
  const { from, to, scale } = slider
  const at = scale === 'log' ? Math.round((places * Math.log(value / from)) / Math.log(to / from)) : value
  return Math.min(Math.max(at, scale === 'log' ? 0 : min), max)
}

// The text for a place, given the present one.
export function moved(field: Field, text: string, at: number): string {
  const slider = field.slider!
  if (slider.none && at <= range(slider).min) return ''
  const { from, to, scale } = slider
  const value = scale === 'log' ? round(from * (to / from) ** (at / places)) : at
  const part = field.kind === 'time' ? writeTime(value) : String(Math.round(value))
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

// Two digits are enough for a hand.
function round(x: number): number {
  return Number(x.toPrecision(2))
}

function writeTime(seconds: number): string {
  const [unit, size] = seconds >= 1 || seconds === 0 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e-3] : ['us', 1e-6]
  return `${Number((seconds / (size as number)).toPrecision(3))}${unit}`
}
