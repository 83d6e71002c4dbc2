// A scenario as the page has it, and what it becomes: arguments of poolsim, a command line to copy, a link.

import { fields, type Field } from './fields'

// The text of every field, by its flag, and what is asked of the smallest pool.
export type Scenario = Record<string, string>

// These belong to the question for the smallest pool.
export const sizing: Scenario = { figure: 'p99', limit: '5ms', pools: '1:32' }

export function initial(): Scenario {
  return { ...Object.fromEntries(fields.map(({ flag, value }) => [flag, value])), ...sizing }
}

// Whether a field has no effect in the scenario as it is.
export function idle(field: Field, scenario: Scenario): boolean {
  return field.waits === true && scenario.wait !== 'yes'
}

function flags(scenario: Scenario, but: Scenario = {}): string[] {
  const args: string[] = []
  for (const field of fields) {
    const text = (but[field.flag] ?? scenario[field.flag]).trim()
    if (text === '' || idle(field, scenario)) continue
    args.push(`-${field.flag}`)
    if (field.kind !== 'yes') args.push(text)
  }
  return args
}

export function runArguments(scenario: Scenario): string[] {
  return ['run', ...flags(scenario)]
}

export function sweepArguments(scenario: Scenario): string[] {
  const target = `${scenario.figure}=${scenario.limit.trim()}`
  return ['sweep', ...flags(scenario, { 'max-active': scenario.pools }), '-target', target]
}

export function adviseArguments(scenario: Scenario): string[] {
  return ['advise', ...flags(scenario), '-target', `${scenario.figure}=${scenario.limit.trim()}`]
}

// Figures that are pasted come on standard input.
export function fitArguments({ over, unit }: { over: string; unit: string }): string[] {
  const args = ['fit', '-', '-as', 'poisson']
  if (over.trim()) args.push('-over', over.trim())
  if (unit) args.push('-unit', unit)
  return args
}

// A scenario with other values for some fields. A value without a field is ignored.
export function changed(scenario: Scenario, values: Scenario): Scenario {
  const known = Object.entries(values).filter(([flag]) => fields.some((field) => field.flag === flag))
  return { ...scenario, ...Object.fromEntries(known) }
}

// Arguments that a page adds to the ones that it shows: they ask for the same figures in a
// form for programs.
export const forPrograms = ['-format', 'json', '-timing=false']

// A command line for a POSIX shell.
export function commandLine(args: string[]): string {
  return ['go', 'run', 'github.com/respool/respool/sim/cmd/poolsim', ...args].map(quoted).join(' ')
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

export function toQuery(scenario: Scenario): string {
  const known = initial()
  return new URLSearchParams(Object.keys(known).map((name) => [name, scenario[name]])).toString()
}

// A field that a link lacks keeps its initial value; a name that is no field is ignored.
export function fromQuery(query: string): Scenario {
  const scenario = initial()
  for (const [name, text] of new URLSearchParams(query)) if (Object.hasOwn(scenario, name)) scenario[name] = text
  return scenario
}

// An error of poolsim: the text, and the flag that it is about, if it is about one.
export interface Complaint {
  flag: string
  text: string
}

export function complaint(stderr: string): Complaint {
  const line = stderr.trim().split('\n')[0] ?? ''
  const text = line.replace(/^poolsim \w+: /, '')
  const flag = /^-([a-z-]+):/.exec(text)?.[1] ?? ''
  return { flag: fields.some((field) => field.flag === flag) || flag === 'target' ? flag : '', text }
}
