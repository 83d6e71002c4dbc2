// Says that a pool cannot bear its load, and what else a reader of the figures should know.

import { digits } from './figures'
import type { Report, Sweep } from './report'

export function overload(report: Report | undefined, size: string): string {
  if (!report?.overloaded) return ''
  return (
    `Overload: the offered load is ${digits(report.offered_load)}, the pool has ${size.trim()}. ` +
    'The queue grows without a bound, and the waits depend on the length of the run.'
  )
}

export function sweepRemarks(sweep?: Sweep): string[] {
  if (!sweep) return []
  const heavy = sweep.points.filter(({ overloaded }) => overloaded)
  const remarks = (sweep.warnings ?? []).map((text) => text.replace(/^warning: /, 'Warning: '))
  if (!heavy.length) return remarks
  const most = Math.max(...heavy.map(({ values }) => values['max-active']))
  return [
    `Overload up to MaxActive ${most}: the offered load is ${digits(heavy[0].offered_load)}, ` +
      'and the waits there depend on the length of the run.',
    ...remarks,
  ]
}
