// Compiles the simulator for the page that runs it.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(docs, 'public/playground')
mkdirSync(out, { recursive: true })

const go = (args, env) => execFileSync('go', args, { cwd: resolve(docs, '..'), env: { ...process.env, ...env }, encoding: 'utf8' })
go(['build', '-trimpath', '-ldflags=-s -w', '-o', resolve(out, 'poolsim.wasm'), './sim/cmd/poolsim'], { GOOS: 'js', GOARCH: 'wasm' })
copyFileSync(resolve(go(['env', 'GOROOT']).trim(), 'lib/wasm/wasm_exec.js'), resolve(out, 'wasm_exec.js'))
