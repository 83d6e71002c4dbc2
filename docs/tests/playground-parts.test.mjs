// The playground's parts that need no browser: from fields to flags and links, sliders, numbers, and the program in WebAssembly.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { build } from 'esbuild'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const parts = await bundle(['fields', 'scenario', 'slider', 'figures', 'overload', 'terminal', 'events', 'verdict', 'presets'])

// The modules are TypeScript: the bundler within VitePress makes them one that node can read.
async function bundle(names) {
  const contents = names.map((name) => `export * from './${name}.ts'`).join('\n')
  const resolveDir = resolve(docs, '.vitepress/theme/playground')
  const { outputFiles } = await build({ stdin: { contents, resolveDir }, bundle: true, format: 'esm', write: false })
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`)
}

const last = (flag) => parts.range(field(flag)).max
const field = (flag) => parts.fields.find((field) => field.flag === flag)

test('a scenario becomes arguments, without those that say nothing', () => {
  const scenario = { ...parts.initial(), 'max-idle': ' -1 ', 'wait-timeout': '50ms', restart: '' }
  assert.equal(
    parts.runArguments(scenario).join(' '),
    'run -rate 2000 -hold exp:3ms -duration 10s -seed 1 -max-active 10 -max-idle -1 -wait -wait-timeout 50ms -open-latency 20ms',
  )
  assert.equal(
    parts.sweepArguments({ ...scenario, wait: '', figure: 'refused', limit: '1%', pools: '4:8' }).join(' '),
    'sweep -rate 2000 -hold exp:3ms -duration 10s -seed 1 -max-active 4:8 -max-idle -1 -open-latency 20ms -target refused=1%',
  )
})

test('a target becomes a question for advice, and pasted figures one for a scenario', () => {
  const scenario = { ...parts.initial(), 'max-active': '6', restart: '', figure: 'total.p99', limit: ' 9ms ' }
  assert.equal(
    parts.adviseArguments(scenario).join(' '),
    'advise -rate 2000 -hold exp:3ms -duration 10s -seed 1 -max-active 6 -max-idle 0 -wait -open-latency 20ms -target total.p99=9ms',
  )
  assert.deepEqual(parts.fitArguments({ over: '', unit: '' }), ['fit', '-', '-as', 'poisson'])
  assert.deepEqual(parts.fitArguments({ over: ' 24h ', unit: 'us' }), ['fit', '-', '-as', 'poisson', '-over', '24h', '-unit', 'us'])
  assert.deepEqual(parts.changed(scenario, { 'max-active': '9', wait: '', 'max-age-jitter': '6m', limit: '1s' }), { ...scenario, 'max-active': '9', wait: '' })
})

test('an overload is said in words', () => {
  const report = { overloaded: true, offered_load: 6 }
  assert.match(parts.overload(report, ' 5 '), /^Overload: the offered load is 6, the pool has 5\. .* depend on the length of the run\.$/)
  assert.equal(parts.overload({ ...report, overloaded: false }, '5'), '')
  assert.equal(parts.overload(undefined, '5'), '')
  const points = [4, 6, 7].map((size) => ({ values: { 'max-active': size }, overloaded: size <= 6, offered_load: 6 }))
  assert.deepEqual(parts.sweepRemarks({ points, warnings: ['warning: too short'] }), [
    'Overload up to MaxActive 6: the offered load is 6, and the waits there depend on the length of the run.',
    'Warning: too short',
  ])
  assert.deepEqual(parts.sweepRemarks({ points: points.slice(2) }), [])
  assert.deepEqual(parts.sweepRemarks(), [])
})

// A run of ten stretches of a second; p99 and refusals are given.
const stretched = (p99, refused = []) => ({
  overloaded: false, offered_load: 6, refused_fraction: 0, wait: { p99: 0.5 }, uses: { leaked: 0 }, outcomes: { stuck: 0 },
  timeline: { step: 1, wait_p99: p99, granted: p99.map(() => 100), refused: p99.map((_, i) => refused[i] ?? 0) },
})

test('events are read from the arguments', () => {
  const args = ['run', '-max-active', '2', '-outage', '1m5s+500ms', '-slow', '4s+2s*3,10s+1s*1.5', '-restart', '2s,5s']
  assert.deepEqual(parts.eventsOf(args).map(({ kind, at, until }) => [kind, at, until]), [
    ['restart', 2, 2], ['slow', 4, 6], ['restart', 5, 5], ['slow', 10, 11], ['outage', 65, 65.5],
  ])
  const leaked = { ...stretched([0, 0, 0]), uses: { leaked: 2 } }
  leaked.timeline.granted = [5, 0, 3, 0, 0]
  assert.deepEqual(parts.eventsOf(['-max-active', '2'], leaked).map(({ kind, at }) => [kind, at]), [['leak', 3]])
  assert.deepEqual(parts.eventsOf(['-max-active', '3'], leaked), [])
})

test('a verdict says how the waits went on after an event', () => {
  const ms = (all) => all.map((x) => x / 1000)
  const restart = ['-max-active', '10', '-restart', '4s']
  assert.deepEqual(parts.verdict(stretched(ms([90, 1, 2, 1, 80, 60, 2, 1])), restart), [
    'The server restarts at 4s: the p99 of the waits goes from 2ms to 80ms. Recovery takes 2s.',
  ])
  assert.deepEqual(parts.verdict(stretched(ms([1, 1, 1, 1, 1, 9])), restart), [
    'The server restarts at 4s: the p99 of the waits goes from 1ms to 9ms. It does not recover before the next event or the end.',
  ])
  assert.deepEqual(parts.verdict(stretched(ms([1, 1, 1, 9, 9, 1, 1]), [0, 0, 0, 4, 3]), ['-max-active', '10', '-slow', '3s+1s*3']), [
    'The server is 3 times slower from 3s to 4s, which is overload (the offered load is 18, the pool has 10): ' +
      'the p99 of the waits goes from 1ms to 9ms, and 7 requests get no connection. Recovery takes another 1s.',
  ])
  assert.deepEqual(parts.verdict(stretched(ms([1, 1, 1, 1, 1])), ['-outage', '2s+1s']), [
    'The server restarts and refuses connections from 2s to 3s: the p99 of the waits goes from 1ms to 1ms. Nobody notices.',
  ])
  assert.match(parts.verdict(stretched([0]), [])[0], /^The pool bears this load: .* at most 500ms\.$/)
  const leaked = { ...stretched([0]), uses: { leaked: 2 }, outcomes: { stuck: 1234 } }
  leaked.timeline.granted = [5, 0]
  assert.deepEqual(parts.verdict(leaked, ['-max-active', '2']), [
    '2 of 2 connections have leaked: their leases were never given back. After 1s nobody gets a connection. 1,234 requests are never served.',
  ])
  assert.deepEqual(parts.verdict({ ...stretched([0]), overloaded: true }, []), []) // the overload is said beside it
  assert.deepEqual(parts.verdict(undefined, []), [])
})

test('a verdict says how many calls were good, and whether the service came back', () => {
  const report = { ...stretched(Array(20).fill(0)), calls: { calls: 2000, good: 900 } }
  const good = (end) => Array.from({ length: 20 }, (_, i) => (i < 4 ? 100 : i < 18 ? 40 : end))
  const said = (end, stall = '4s+2s') => parts.verdict({ ...report, timeline: { ...report.timeline, good: good(end) } }, ['-stall', stall])[1]
  assert.equal(said(1), '900 of 2,000 calls were good. There were 100 a second before 4s, and 1 a second in the last 2s. The cause is gone, and the service does not recover by itself.')
  assert.equal(said(90), '900 of 2,000 calls were good. There were 100 a second before 4s, and 90 a second in the last 2s.')
  assert.equal(said(1, '4s+15s'), '900 of 2,000 calls were good.') // it is not over
  assert.equal(said(1, '500ms+1s'), '900 of 2,000 calls were good.') // there is nothing before it
})

test('a verdict names the instance that comes off worst', () => {
  const fleet = { instances: 2, worst: 1, each: [{ instance: 0, refused_fraction: 0, wait_p99: 0 }, { instance: 1, refused_fraction: 0.25, wait_p99: 0.7 }] }
  assert.equal(
    parts.verdict({ ...stretched([0.5]), fleet }, [])[0],
    'The waits and refusals are those of all 2 instances together. Instance 1 comes off worst: 25 % refused, wait p99 700ms; of all: 0 % refused, wait p99 500ms.',
  )
  const keys = { keys: 90, longest_wait: 0.2, longest_to_mean: 12, worst_key: 7, displaced: 1500, reopens: 1200 }
  assert.equal(
    parts.verdict({ ...stretched([0.5]), keys }, [])[0],
    'The waits and refusals are those of all 90 keys with requests together. The longest wait is 200ms, for key 7: 12 times the mean of all. 1,500 idle connections were closed for another key, and 1,200 were opened again.',
  )
})

test('a preset is a scenario of the fields, known again', () => {
  for (const preset of parts.presets) {
    assert.deepEqual(Object.keys(preset.scenario).sort(), Object.keys(parts.initial()).sort())
    assert.deepEqual(parts.presets.filter((other) => parts.chosen(other, preset.scenario)), [preset])
  }
  assert.ok(!parts.presets.some((preset) => parts.chosen(preset, parts.initial())))
})

test('a command line is what a shell splits into the same arguments', () => {
  const args = ['run', '-hold', 'exp:3ms', '-rate', "it's $(no) `number` \\ \"", '-outage', '5s+1s', '-x', '', '-slow', '1s+2s*3', 'ä b']
  const line = parts.commandLine(args)
  const out = execFileSync('sh', ['-c', `printf '%s\\n' ${line}`], { encoding: 'utf8' })
  assert.deepEqual(out.split('\n').slice(0, -1), ['go', 'run', 'github.com/respool/respool/sim/cmd/poolsim', ...args])
})

test('a link carries every field, and only fields', () => {
  const scenario = parts.initial()
  for (const name of Object.keys(scenario)) scenario[name] = `${name} & = % ü +`
  assert.deepEqual(parts.fromQuery(parts.toQuery(scenario)), scenario)
  assert.deepEqual(parts.fromQuery('?rate=5&nothing=1&__proto__=2'), { ...parts.initial(), rate: '5' })
  assert.deepEqual(parts.fromQuery('?wait='), { ...parts.initial(), wait: '' })
})

test('a complaint of poolsim belongs to its field', () => {
  assert.deepEqual(parts.complaint('poolsim run: -rate: "x" is not a number\n'), { flag: 'rate', text: '-rate: "x" is not a number' })
  assert.deepEqual(parts.complaint('poolsim sweep: -target: no'), { flag: 'target', text: '-target: no' })
  assert.deepEqual(parts.complaint('poolsim run: say what the load is'), { flag: '', text: 'say what the load is' })
  assert.deepEqual(parts.complaint('poolsim run: -nothing: no'), { flag: '', text: '-nothing: no' })
})

test('a slider moves the first number or time of a text, and leaves the rest', () => {
  const cases = [
    ['hold', 'exp:3ms', 1, 'exp:110us'],
    ['hold', 'lognormal:2ms,0.8', 0, 'lognormal:100us,0.8'],
    ['hold', 'uniform:1ms,5ms', last('hold'), 'uniform:1s,5ms'],
    ['duration', '1m30s', 0, '1s'],
    ['rate', '2000', last('rate'), '20000'],
    ['rate', 'many', 0, '10'],
    ['max-active', '10', 12, '12'],
    ['max-idle', '-1', 7, '7'],
    ['max-idle', '5', -1, '-1'],
    ['wait-timeout', '', 0, '1ms'],
    ['wait-timeout', '50ms', -1, ''],
    ['restart', '2s,5s', 7.5, '7.5s,5s'],
    ['restart', '2s,5s', 0, ''],
  ]
  for (const [flag, text, at, want] of cases) assert.equal(parts.moved(field(flag), text, at), want, `${flag} ${text} ${at}`)
})

test('a slider stands where the text is, and finds back', () => {
  for (const f of parts.fields.filter(({ slider }) => slider)) {
    const { min, max, step } = parts.range(f)
    for (let at = min; at <= max; at += step) assert.equal(parts.place(f, parts.moved(f, f.value, at)), at, `${f.flag} at ${at}`)
  }
  assert.equal(parts.place(field('hold'), 'exp'), undefined)
  assert.equal(parts.place(field('hold'), ''), undefined)
  assert.equal(parts.place(field('wait-timeout'), ''), -1)
  assert.equal(parts.place(field('rate'), '1e9'), last('rate'))
})

// As TestSeconds and TestPercentAndCount of package figures have it.
test('numbers are written as poolsim writes them', () => {
  const same = (write, all) => all.forEach(([x, want]) => assert.equal(write(x), want))
  same(parts.seconds, [
    [0, '0'], [5e-9, '5ns'], [1e-6, '1µs'], [0.00302, '3.02ms'], [0.0999999, '100ms'], [1, '1s'], [59.96, '60s'], [300, '5min'],
    [86400, '24h'], [Infinity, 'never'], [null, 'never'], [-0.0015, '-1.5ms'],
  ])
  same(parts.percent, [[0, '0 %'], [1, '100 %'], [0.99999, '>99.9 %'], [0.012, '1.2 %'], [1e-9, '<0.001 %'], [0.12345, '12.3 %']])
  same(parts.count, [[0, '0'], [999, '999'], [1000, '1,000'], [1234567, '1,234,567']])
  same(parts.digits, [[0, '0'], [0.00123, '0.00123'], [1.5, '1.5'], [100, '100'], [123456, '123456']])
})

const compiled = WebAssembly.compile(gunzipSync(readFileSync(resolve(docs, 'public/playground/poolsim.wasm.gz'))))

// Runs the page's program in node, with the page's files.
async function poolsim(args, stdin = '') {
  const said = { stdout: '', stderr: '', progress: [], status: 0 }
  globalThis.fs = parts.files({
    printed: (text) => (said.stdout += text),
    complained: (text) => (said.stderr += text),
    progress: (text) => said.progress.push(text),
  }, stdin)
  createRequire(import.meta.url)(resolve(docs, 'public/playground/wasm_exec.js'))
  const go = new globalThis.Go()
  go.argv = ['poolsim', ...args]
  go.exit = (status) => {
    said.status = status
    // A timer that is still set would resume a program that is over, and throw.
    for (const timer of go._scheduledTimeouts.values()) clearTimeout(timer)
  }
  await go.run(await WebAssembly.instantiate(await compiled, go.importObject))
  return said
}

test('the program prints figures, and says on its terminal how far it is', async () => {
  const { status, stdout, stderr, progress } = await poolsim([
    ...parts.runArguments({ ...parts.initial(), rate: '20000', hold: 'exp:300us', duration: '120s' }),
    ...parts.forPrograms,
  ])
  assert.deepEqual([status, stderr], [0, ''])
  assert.ok(JSON.parse(stdout).requests > 2_000_000)
  assert.ok(progress.some((text) => /^\d+ % +simulated /.test(text)), progress.join('\n'))
})

test('the program reads what is pasted', async () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `${(i / 100).toFixed(2)};${(i % 7) + 1},5 ms`)
  const { status, stdout, stderr } = await poolsim([...parts.fitArguments({ over: '', unit: '' }), '-format', 'json'], ['time;latency', ...lines].join('\r\n'))
  assert.deepEqual([status, stderr], [0, ''])
  const { flags, kind } = JSON.parse(stdout)
  assert.equal(kind, 'csv')
  assert.equal(flags.rate, '100.03')
  assert.match(flags.hold, /^samples:1\.5ms,/)
  assert.equal((await poolsim(['fit', '-'])).stderr, 'poolsim fit: standard input: the file is empty\n')
})

test('the program names what is wrong, and has no files', async () => {
  assert.deepEqual(await poolsim(['run', '-rate', 'x']), {
    status: 2, stdout: '', stderr: 'poolsim run: -rate: "x" is not a number: write arrivals a second, such as 2000\n', progress: [],
  })
  const { status, stderr } = await poolsim(['run', '-rate', '5', '-hold', 'csv:a.csv'])
  assert.equal(status, 2)
  assert.match(stderr, /^poolsim run: -hold: .*a\.csv.*no such file/i)
  assert.match((await poolsim(['compare'])).stderr, /there is no command "compare"/)
})
