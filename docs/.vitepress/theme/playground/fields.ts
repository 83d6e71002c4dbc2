// What can be set in the playground. A field is a flag of poolsim, by its own name, and its value is the flag's text: what the page
// shows is what the command gets.

export interface Slider {
  from: number
  to: number
  scale: 'linear' | 'log'
  step?: number // of a linear one; 1 if left out
  none?: boolean // at the left end the flag is left out
}

export interface Field {
  flag: string
  label: string
  kind: 'number' | 'time' | 'yes' // a time may stand inside of a longer text: exp:3ms
  value: string // at first; '' leaves the flag out, and 'yes' is how a flag without a value is given
  help: string
  slider?: Slider // of a time, in seconds
  waits?: boolean // means something only for a pool that waits
}

export interface Group {
  title: string
  fields: Field[]
}

export const groups: Group[] = [
  {
    title: 'Load',
    fields: [
      {
        flag: 'rate', label: 'Arrival rate', kind: 'number', value: '2000', help: 'requests a second, at random',
        slider: { from: 10, to: 20000, scale: 'log' },
      },
      {
        flag: 'hold', label: 'Hold time', kind: 'time', value: 'exp:3ms',
        help: '3ms, exp:3ms, lognormal:2ms,0.8, …',
        slider: { from: 1e-4, to: 1, scale: 'log' },
      },
      {
        flag: 'duration', label: 'Duration', kind: 'time', value: '10s', help: 'virtual time in which requests arrive',
        slider: { from: 1, to: 120, scale: 'log' },
      },
      { flag: 'seed', label: 'Seed', kind: 'number', value: '1', help: 'another one is another day with the same traffic' },
    ],
  },
  {
    title: 'Pool',
    fields: [
      {
        flag: 'max-active', label: 'MaxActive', kind: 'number', value: '10', help: '0: no limit',
        slider: { from: 0, to: 64, scale: 'linear' },
      },
      {
        flag: 'max-idle', label: 'MaxIdle', kind: 'number', value: '0', help: '0: all are kept, -1: none',
        slider: { from: -1, to: 64, scale: 'linear' },
      },
      { flag: 'wait', label: 'Wait', kind: 'yes', value: 'yes', help: 'at MaxActive wait for a connection, do not fail' },
      {
        flag: 'wait-timeout', label: 'WaitTimeout', kind: 'time', value: '', help: 'empty: waits for as long as it takes', waits: true,
        slider: { from: 1e-3, to: 10, scale: 'log', none: true },
      },
      {
        flag: 'max-waiters', label: 'MaxWaiters', kind: 'number', value: '', help: 'empty: any number', waits: true,
        slider: { from: 1, to: 1000, scale: 'log', none: true },
      },
      {
        flag: 'idle-timeout', label: 'IdleTimeout', kind: 'time', value: '', help: 'close what was idle for so long; empty: never',
        slider: { from: 1e-2, to: 600, scale: 'log', none: true },
      },
      {
        flag: 'max-age', label: 'MaxConnLifetime', kind: 'time', value: '', help: 'close what is older; empty: never',
        slider: { from: 0.1, to: 3600, scale: 'log', none: true },
      },
    ],
  },
  {
    title: 'Server',
    fields: [
      {
        flag: 'open-latency', label: 'Dial latency', kind: 'time', value: '20ms', help: 'how long opening takes; 20ms, exp:20ms, …',
        slider: { from: 1e-4, to: 2, scale: 'log', none: true },
      },
      {
        flag: 'restart', label: 'Restart at', kind: 'time', value: '5s', help: 'all connections die; 2s,5s: twice',
        slider: { from: 0, to: 30, scale: 'linear', step: 0.5, none: true },
      },
      {
        flag: 'outage', label: 'Outage', kind: 'time', value: '', help: '5s+500ms: at 5 s, and none opens for 0.5 s',
      },
      {
        flag: 'fail-latency', label: 'Failing dial', kind: 'time', value: '', help: 'how long it hangs; empty: as long as others take',
        slider: { from: 1e-3, to: 10, scale: 'log', none: true },
      },
      {
        flag: 'dead-latency', label: 'Dead connection', kind: 'time', value: '', help: 'after what time its user notices; empty: at once',
        slider: { from: 1e-3, to: 10, scale: 'log', none: true },
      },
      { flag: 'slow', label: 'Slow spell', kind: 'time', value: '', help: '4s+2s*3: at 4 s, for 2 s, all takes 3 times as long' },
    ],
  },
  {
    title: 'Clients',
    fields: [{ flag: 'leak', label: 'Leaks', kind: 'number', value: '', help: '0.1%: the share of leases never given back' }],
  },
]

export const fields: Field[] = groups.flatMap((group) => group.fields)
