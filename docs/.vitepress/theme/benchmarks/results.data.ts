// Read when the site is built: a reader gets the charts' figures, and not the whole file.

import { readFileSync } from 'node:fs'
import { charts, type BarChart } from './charts'

export declare const data: BarChart[]

export default {
  watch: ['../../../benchmarks/results.json'],
  load: ([file]: string[]): BarChart[] => charts(JSON.parse(readFileSync(file, 'utf8'))),
}
