// Draws what happened into a chart over time: its ground below the lines, its beginning and its name above them.

import type UPlot from 'uplot'
import type { Mark } from './charts'

type Color = (name: string) => string

function within({ bbox }: UPlot, x: number): number {
  return Math.round(Math.min(Math.max(x, bbox.left), bbox.left + bbox.width))
}

export function drawGrounds(u: UPlot, marks: Mark[], color: Color) {
  u.ctx.fillStyle = color('--line-4-soft')
  for (const { at, until } of marks) {
    const from = within(u, u.valToPos(at, 'x', true))
    u.ctx.fillRect(from, u.bbox.top, within(u, u.valToPos(until, 'x', true)) - from, u.bbox.height)
  }
}

export function drawMarks(u: UPlot, marks: Mark[], color: Color) {
  const { ctx, bbox } = u
  const gap = 4 * devicePixelRatio
  ctx.save()
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  ctx.textBaseline = 'top'
  ctx.fillStyle = color('--line-4')
  for (const { at, label } of marks) {
    const from = within(u, u.valToPos(at, 'x', true))
    ctx.fillRect(from, bbox.top, Math.round(devicePixelRatio), bbox.height)
    const left = from + gap + ctx.measureText(label).width > bbox.left + bbox.width
    ctx.textAlign = left ? 'right' : 'left'
    ctx.fillText(label, from + (left ? -gap : gap), bbox.top)
  }
  ctx.restore()
}
