// Runs the poolsim command in the page. It is loaded and compiled once; every run has a worker of its own, which ends with the run.

import { withBase } from 'vitepress'
import type { Job, News } from './worker'

export interface Result {
  status: number
  stdout: string
  stderr: string
}

// What poolsim's exit status means.
export const exits = { ok: 0, unmet: 1, usage: 2 }

let module: Promise<WebAssembly.Module> | undefined

export function load(): Promise<WebAssembly.Module> {
  module ??= compile().catch((error) => {
    module = undefined // the next run tries again
    throw new Error(`the simulator could not be loaded: ${error.message}`)
  })
  return module
}

async function compile(): Promise<WebAssembly.Module> {
  const response = await fetch(address('poolsim.wasm.gz'))
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${response.statusText}`)
  const bytes = await response.arrayBuffer()
  // A server may have said that the file is compressed, and then the browser has unpacked it.
  const [first, second] = new Uint8Array(bytes)
  const packed = first === 0x1f && second === 0x8b
  const stream = new Response(bytes).body!
  const unpacked = packed ? stream.pipeThrough(new DecompressionStream('gzip')) : stream
  return WebAssembly.compileStreaming(new Response(unpacked, { headers: { 'content-type': 'application/wasm' } }))
}

function address(file: string): string {
  return new URL(withBase(`/playground/${file}`), location.href).href
}

// Runs a command. It ends early, with an AbortError, when the signal says so.
export async function run(args: string[], stdin: string, signal: AbortSignal, progress: (text: string) => void): Promise<Result> {
  const job: Job = { module: await load(), runtime: address('wasm_exec.js'), args, stdin }
  signal.throwIfAborted()
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
  try {
    return await new Promise<Result>((done, failed) => {
      signal.addEventListener('abort', () => failed(signal.reason))
      worker.onerror = (event) => failed(new Error(event.message || 'the simulator could not be started'))
      worker.onmessage = ({ data }: MessageEvent<News>) => {
        if ('progress' in data) progress(data.progress)
        else if ('failed' in data) failed(new Error(data.failed))
        else done(data)
      }
      worker.postMessage(job)
    })
  } finally {
    worker.terminate()
  }
}
