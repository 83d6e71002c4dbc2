// Runs poolsim once, off the page's own thread. To stop it, end the worker.

import { files } from './terminal'

export interface Job {
  module: WebAssembly.Module
  runtime: string // the address of Go's wasm_exec.js
  args: string[]
  stdin: string
}

export type News = { progress: string } | { status: number; stdout: string; stderr: string } | { failed: string }

self.onmessage = async ({ data }: MessageEvent<Job>) => {
  const tell = (news: News) => self.postMessage(news)
  try {
    tell(await run(data, (progress) => tell({ progress })))
  } catch (error) {
    tell({ failed: String(error) })
  }
}

async function run({ module, runtime, args, stdin }: Job, progress: (text: string) => void): Promise<News> {
  const printed: string[] = []
  let stderr = ''
  const scope = self as any
  scope.fs = files({
    printed: (text) => printed.push(text),
    complained: (text) => (stderr += text),
    progress,
  }, stdin)
  await import(/* @vite-ignore */ runtime)
  const go = new scope.Go()
  go.argv = ['poolsim', ...args]
  let status = 0
  go.exit = (code: number) => {
    status = code
    // A timer that is still set would resume a program that is over, and throw.
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer)
  }
  await go.run(await WebAssembly.instantiate(module, go.importObject))
  return { status, stdout: printed.join(''), stderr }
}
