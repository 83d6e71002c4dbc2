// What poolsim prints as JSON, as far as the page shows it. Times are in seconds.

export interface Times {
  mean: number
  p50: number
  p90: number
  p99: number
  p999: number
  max: number
}

export interface Report {
  requests: number
  outcomes: Record<'granted' | 'exhausted' | 'queue_full' | 'timed_out' | 'gave_up' | 'open_failed' | 'stuck', number> & { shed?: number; reserved?: number }
  uses: { broken: number; leaked: number }
  wait: Times
  total: Times
  waited_fraction: number
  refused_fraction: number
  utilization: number
  offered_load: number
  overloaded: boolean
  peak: { active: number; waiting: number; opening: number }
  opens: number
  most_opens_in_a_second: number
  wait_tail: { share: number[] | null; wait: number[] | null }
  timeline: Timeline
  calls?: { calls: number; good: number } // left out where each request is made once, and has no timeout
  fleet?: { instances: number; worst: number; each: { instance: number; refused_fraction: number; wait_p99: number }[] }
  keys?: { keys: number; longest_wait: number; longest_to_mean: number; worst_key: number; displaced: number; reopens: number }
}

// A list is null where nothing happened.
export type Timeline = { step: number } & Record<
  'active' | 'idle' | 'leased' | 'waiting' | 'queue' | 'granted' | 'refused' | 'wait_p50' | 'wait_p90' | 'wait_p99' | 'opens',
  number[] | null
> & { closes: Record<string, number[]> } // by reason
  & { attempts?: number[]; good?: number[] } // of calls

// An advice, as far as the page shows it.
export interface Advice {
  met: boolean
  sentences: string[]
  changes: { setting: string; from: string; to: string }[] | null
}

// What poolsim has understood of a user's figures.
export interface Fitted {
  kind: string
  flags: Record<string, string> // the texts of the fields
  notes: string[] | null
  assumed: string[] | null
}

// A bound is null where it is infinite, or not known: one seed shows no spread.
export interface Interval {
  mean: number | null
  low: number | null
  high: number | null
}

export interface Sweep {
  seeds: number
  points: {
    values: Record<string, number>
    figures: Record<string, Interval>
    meets: boolean
    overloaded: boolean
    offered_load: number
  }[]
  warnings?: string[]
  targets: { figure: string; limit: number }[]
  smallest: { met: boolean; values: Record<string, number> }[]
}
