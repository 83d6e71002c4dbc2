// From a report to what a chart draws.

import { count, digits, percent, seconds } from './figures'
import type { Report, Sweep } from './report'

export interface Line {
  label: string
  color: string // the name of a CSS variable
  fill?: boolean
  dashed?: boolean
}

export interface Axis {
  label: string
  format: (value: number) => string
  marks?: number[] // of the axis; left out: where uPlot puts them
  whole?: boolean
  top?: number // the axis ends here, even if values are above
  least?: number // the axis ends here or above
}

// Something that happened: a line, or a ground from its beginning to its end.
export interface Mark {
  at: number
  until: number
  label: string
}

export interface Chart {
  title: string
  x: Axis
  y: Axis
  lines: Line[]
  band?: [number, number] // the two lines with color between them
  values: (number | null)[][] // of x, and of each line
  together?: string // charts with the same name share a cursor
  marks?: Mark[]
}

type Values = (number | null)[]

const virtualTime: Axis = { label: 'at', format: (s) => seconds(s) }

export const timeLines = {
  levels: (report?: Report): Chart => {
    const { x, of } = stretches(report)
    return {
      title: 'Connections', x: virtualTime, y: { label: 'connections', format: digits, whole: true }, together: 'time',
      lines: [
        { label: 'active', color: '--line-1', fill: true },
        { label: 'leased', color: '--line-2' },
        { label: 'idle', color: '--line-3' },
      ],
      values: [x, of('active'), of('leased'), of('idle')],
    }
  },
  queue: (report?: Report): Chart => {
    const { x, of } = stretches(report)
    return {
      title: 'Requests in the queue', x: virtualTime, y: { label: 'requests', format: digits, whole: true }, together: 'time',
      lines: [
        { label: 'longest', color: '--line-2' },
        { label: 'mean', color: '--line-1', fill: true },
      ],
      values: [x, of('queue'), of('waiting')],
    }
  },
  waits: (report?: Report): Chart => {
    const { x, of, granted } = stretches(report)
    const where = (all: Values) => all.map((wait, i) => (granted[i] ? wait : null))
    return {
      title: 'Wait over time', x: virtualTime, y: { label: 'wait', format: seconds }, together: 'time',
      lines: [
        { label: 'p99', color: '--line-2' },
        { label: 'p90', color: '--line-3' },
        { label: 'p50', color: '--line-1' },
      ],
      values: [x, where(of('wait_p99')), where(of('wait_p90')), where(of('wait_p50'))],
    }
  },
  refused: (report?: Report): Chart => {
    const { x, of, granted } = stretches(report)
    const share = of('refused').map((refused, i) => (refused! + granted[i]! ? refused! / (refused! + granted[i]!) : null))
    return {
      title: 'Refused over time', x: virtualTime, y: { label: 'share of requests', format: percent, least: 0.01 }, together: 'time',
      lines: [{ label: 'not granted', color: '--line-4', fill: true }],
      values: [x, share],
    }
  },
  changes: (report?: Report): Chart => {
    const { x, of } = stretches(report)
    const closes = Object.values(report?.timeline.closes ?? {})
    const together = x.map((_, i) => closes.reduce((sum, of) => sum + of[i], 0))
    const each = report ? seconds(report.timeline.step) : 'stretch'
    return {
      title: 'Opens and closes', x: virtualTime, y: { label: `in each ${each}`, format: digits, whole: true }, together: 'time',
      lines: [
        { label: 'opens', color: '--line-1', fill: true },
        { label: 'closes', color: '--line-2' },
      ],
      values: [x, of('opens'), together],
    }
  },
}

// Tries and good calls a second, if the report has calls: there are retries or timeouts.
export function calls(report: Report): Chart {
  const { attempts, good, step } = report.timeline
  const rate = (counts?: number[] | null): Values => (counts ?? []).map((n) => n / step)
  return {
    title: 'Calls', x: virtualTime, y: { label: 'a second', format: digits }, together: 'time',
    lines: [
      { label: 'tries', color: '--line-2' },
      { label: 'good', color: '--line-1', fill: true },
    ],
    values: [rate(good).map((_, i) => step * (i + 0.5)), rate(attempts), rate(good)],
  }
}

function stretches(report?: Report) {
  const line = report?.timeline
  const of = (name: 'active' | 'idle' | 'leased' | 'waiting' | 'queue' | 'granted' | 'refused' | 'wait_p50' | 'wait_p90' | 'wait_p99' | 'opens'): Values =>
    line?.[name] ?? []
  const granted = of('granted')
  return { x: granted.map((_, i) => line!.step * (i + 0.5)), of, granted }
}

// Percentiles on a scale on which 99.9 % is as far from 99 % as that is from 90 %.
export function tail(report?: Report): Chart {
  const share = report?.wait_tail.share ?? []
  const place = (of: number) => -Math.log10(of)
  const end = Math.max(3, Math.ceil(place(share.at(-1) ?? 1) - 1e-9))
  return {
    title: 'Wait by percentile',
    x: {
      label: 'of those granted',
      format: (x) => `${Number((100 * (1 - 10 ** -x)).toFixed(Math.max(0, Math.round(x) - 2)))} %`,
      marks: [place(0.5), ...Array.from({ length: end }, (_, i) => i + 1)],
    },
    y: { label: 'wait', format: seconds },
    lines: [{ label: 'wait', color: '--line-1', fill: true }],
    values: [share.map(place), report?.wait_tail.wait ?? []],
  }
}

// The figure of the first target, by the pool's size.
export function bySize(sweep?: Sweep): Chart {
  const target = sweep?.targets[0]
  const points = sweep?.points ?? []
  const figure = (end: 'low' | 'mean' | 'high') => points.map((point) => point.figures[target!.figure][end])
  const sizes = points.map(({ values }) => values['max-active'])
  const shares = target?.figure === 'refused'
  const most = Math.max(0, ...figure('high').map((x) => x ?? 0))
  return {
    title: target ? `${name(target.figure)} by MaxActive` : 'By MaxActive',
    x: { label: 'MaxActive', format: count, whole: true },
    // The axis reaches to a few times the target, so the waits of pools that are much too
    // small are beyond the top.
    y: { label: shares ? 'share' : 'time', format: shares ? percent : seconds, top: target ? Math.min(3 * target.limit || Infinity, 1.1 * Math.max(most, target.limit)) : undefined },
    lines: [
      { label: 'mean', color: '--line-1' },
      { label: 'high', color: '--line-1-soft' },
      { label: 'low', color: '--line-1-soft' },
      { label: 'target', color: '--line-2', dashed: true },
    ],
    band: [2, 3],
    values: [sizes, figure('mean'), figure('high'), figure('low').map((x) => x && Math.max(x, 0)), sizes.map(() => target!.limit)],
  }
}

export function name(figure: string): string {
  return figure.replace('total.', 'total ').replace('p999', 'p99.9')
}
