// The figures of a report that matter most; dashes while there is no report.

import { count, percent, seconds } from './figures'
import type { Report, Times } from './report'

export interface KeyFigure {
  key: string
  label: string
  text: string
  main?: boolean
}

export function keyFigures(report?: Report): KeyFigure[] {
  const say = (text: (r: Report) => string) => (report ? text(report) : '–')
  const wait = (key: keyof Times) => say((r) => seconds(r.wait[key]))
  return [
    { key: 'p50', label: 'wait p50', text: wait('p50') },
    { key: 'p90', label: 'wait p90', text: wait('p90') },
    { key: 'p99', label: 'wait p99', text: wait('p99'), main: true },
    { key: 'p999', label: 'wait p99.9', text: wait('p999') },
    { key: 'max', label: 'longest wait', text: wait('max') },
    { key: 'refused', label: 'refused', text: say((r) => percent(r.refused_fraction)), main: true },
    { key: 'waited', label: 'had to wait', text: say((r) => percent(r.waited_fraction)) },
    { key: 'use', label: 'in use', text: say((r) => (r.utilization ? percent(r.utilization) : '–')), main: true },
    { key: 'queue', label: 'longest queue', text: say((r) => count(r.peak.waiting)) },
    { key: 'active', label: 'most active', text: say((r) => count(r.peak.active)) },
    { key: 'opens', label: 'opened', text: say((r) => count(r.opens)) },
    { key: 'requests', label: 'requests', text: say((r) => count(r.requests)) },
  ]
}
