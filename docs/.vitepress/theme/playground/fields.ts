// What can be set in the playground. A field is a flag of poolsim, by its own name, and its value is the flag's text: what the page
// shows is what the command gets.

import table from './fields.json'

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

// fields.json is written from the table of a scenario's settings, in sim/internal/setting: see TestPlaygroundFields of poolsim.
export const groups = table as Group[]

export const fields: Field[] = groups.flatMap((group) => group.fields)
