// The charts at the top of the benchmarks page, from docs/benchmarks/results.json. The works and the order of the bars are chosen here;
// every figure is a median over the rounds, as the program docs/benchmarks has it.

export interface Results {
  cases: { work: string; contender: string; samples: ({ ns: number } | null)[] | null }[]
}

export interface Bar {
  name: string
  value: number
  ours: boolean
}

export interface BarChart {
  title: string
  note: string
  unit: string
  bars: Bar[]
}

const names: Record<string, string> = {
  resource: 'resource.Pool', redispool: 'redispool', channel: 'channel', puddle: 'puddle', redigo: 'redigo', 'database-sql': 'database/sql',
  'go-redis': 'go-redis',
}

const pools = ['resource', 'redispool', 'channel', 'puddle', 'redigo', 'database-sql']

export function charts({ cases }: Results): BarChart[] {
  const value = (work: string, contender: string, of: (ns: number) => number) => {
    const found = cases.find((c) => c.work === work && c.contender === contender)
    return median((found?.samples ?? []).flatMap((sample) => (sample ? [of(sample.ns)] : [])))
  }
  const bars = (work: string, contenders: string[], of = (ns: number) => ns): Bar[] =>
    contenders.map((c) => ({ name: names[c], value: value(work, c, of), ours: c === 'resource' || c === 'redispool' }))
  return [
    {
      title: 'A cycle', unit: ' ns', bars: bars('serial/bare', pools),
      note: 'Acquire and release an idle resource, one goroutine, no timeouts. Shorter is better.',
    },
    {
      title: 'A hand-off', unit: ' ns', bars: bars('hand-off/cancellable', pools),
      note: 'A cycle that waits for another goroutine’s release, with a context that can be canceled. Shorter is better.',
    },
    {
      title: 'GETs a second, over the wire', unit: '/s', bars: bars('GET/redis-server/256-goroutines', ['redispool', 'redigo', 'go-redis'], (ns) => 1e9 / ns),
      note: '256 goroutines on 16 connections to a redis-server on the loopback interface. Longer is better.',
    },
  ]
}

export function median(all: number[]): number {
  if (!all.length) throw new Error('results.json has no sample of a case that a chart shows')
  const sorted = [...all].sort((a, b) => a - b)
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2
}

// The text at a bar: two digits below ten, otherwise a whole number.
export function figure(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US')
}
