// A command that runs at most once at a time: a new start ends the previous run.

import { computed, onBeforeUnmount, ref, shallowRef } from 'vue'
import { exits, load, run, type Result } from './engine'
import { complaint, forPrograms, type Complaint } from './scenario'

export type State = 'resting' | 'loading' | 'running' | 'stopped' | 'failed' | 'done'

// more is arguments that the page does not show: they ask for a form for programs.
export function useCommand<Output>(more = forPrograms) {
  const state = ref<State>('resting')
  const progress = ref('')
  const trouble = ref<Complaint>() // why the last run failed
  const output = shallowRef<Output>() // of the last run that succeeded
  const printed = shallowRef('') // that output, as poolsim printed it
  const args = shallowRef<string[]>([]) // of that run
  const took = ref(0) // milliseconds
  const busy = computed(() => state.value === 'loading' || state.value === 'running')
  // Whether there is an output, and its arguments differ from the ones that are wanted now.
  const outdated = (wanted: string[]) => !!output.value && args.value.join(' ') !== wanted.join(' ')
  let control: AbortController | undefined

  async function start(wanted: string[], stdin = '') {
    control?.abort()
    const own = (control = new AbortController())
    const current = () => control === own
    progress.value = ''
    trouble.value = undefined
    state.value = 'loading'
    try {
      await load()
      if (!current()) return
      state.value = 'running'
      const begin = performance.now()
      const result = await run([...wanted, ...more], stdin, own.signal, (text) => current() && (progress.value = text))
      if (!current()) return
      took.value = performance.now() - begin
      finish(wanted, result)
    } catch (error) {
      if (!current() || own.signal.aborted) return
      trouble.value = { flag: '', text: (error as Error).message }
      state.value = 'failed'
    }
  }

  function finish(wanted: string[], { status, stdout, stderr }: Result) {
    if (status !== exits.ok && status !== exits.unmet) {
      trouble.value = complaint(stderr)
      state.value = 'failed'
      return
    }
    output.value = JSON.parse(stdout)
    printed.value = stdout
    args.value = wanted
    state.value = 'done'
  }

  function stop() {
    if (!busy.value) return
    control?.abort()
    state.value = 'stopped'
  }

  onBeforeUnmount(() => control?.abort())
  return { state, busy, progress, trouble, output, printed, args, outdated, took, start, stop }
}
