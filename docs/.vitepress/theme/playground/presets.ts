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
  preset('A retry storm', {
    rate: '140', hold: '0s', workers: '1', service: 'exp:5ms', 'max-active': '50', timeout: '150ms', retries: '2', stall: '8s+5s', duration: '30s',
  }),
  preset('A fleet', { instances: '20', rate: '500', 'max-connections': '120', restart: '5s' }),
  preset('Many tenants', { keys: '100', skew: '1', 'keys-max-active': '24', 'max-active': '8', restart: '5s' }),
]

// Whether a scenario is that of a preset.
export function chosen({ scenario }: Preset, current: Scenario): boolean {
  return Object.entries(scenario).every(([name, text]) => current[name] === text)
}
