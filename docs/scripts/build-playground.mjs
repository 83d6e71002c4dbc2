// Compiles poolsim for the page that runs it. It is compressed here, since not every server does that to what it serves, and the
// page takes it as it comes. Go's build cache makes a second time quick, so there is nothing to skip.

import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(docs, 'public/playground')

function go(args, env) {
  try {
    return execFileSync('go', args, { cwd: resolve(docs, '..'), env: { ...process.env, ...env }, encoding: 'utf8' })
  } catch (error) {
    if (error.code === 'ENOENT') fail('the playground is compiled by Go, and there is no program "go" in PATH: see https://go.dev/doc/install')
    fail(`go ${args[0]} failed`)
  }
}

function fail(why) {
  console.error(`build-playground: ${why}`)
  process.exit(1)
}

const exec = join(go(['env', 'GOROOT']).trim(), 'lib/wasm/wasm_exec.js')
const scratch = mkdtempSync(join(tmpdir(), 'playground-'))
process.on('exit', () => rmSync(scratch, { recursive: true }))

const program = join(scratch, 'poolsim.wasm')
go(['build', '-trimpath', '-ldflags=-s -w', '-o', program, './sim/cmd/poolsim'], { GOOS: 'js', GOARCH: 'wasm' })

// The folder itself stays: a go command may be walking through it for a pattern of ./..., and fails if it goes away.
mkdirSync(out, { recursive: true })
for (const name of readdirSync(out)) rmSync(join(out, name), { recursive: true })
writeFileSync(join(out, 'poolsim.wasm.gz'), gzipSync(readFileSync(program), { level: 9 }))
copyFileSync(exec, join(out, 'wasm_exec.js'))
