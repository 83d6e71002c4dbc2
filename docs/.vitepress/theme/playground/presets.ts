// Scenarios to begin with: in each of them something goes wrong.

import { initial, type Scenario } from './scenario'

export interface Preset {
  name: string
  scenario: Scenario
}

const preset = (name: string, changes: Scenario): Preset => ({ name, scenario: { ...initial(), restart: '', ...changes } })

export const presets: Preset[] = [
  preset('A restart', { outage: '5s+500ms' }),
  preset('Overload', { slow: '4s+2s*3' }),
  preset('A leak', { leak: '0.1%' }),
]

// Whether a scenario is that of a preset.
export function chosen({ scenario }: Preset, current: Scenario): boolean {
  return Object.entries(scenario).every(([name, text]) => current[name] === text)
}
