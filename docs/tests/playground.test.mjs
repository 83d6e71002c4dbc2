// The playground in a browser: it and the command are the same program, so they print the same.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { assertCalm, launch, openPage, serve, visit } from './lib.mjs'

const repository = resolve(dirname(fileURLToPath(import.meta.url)), '../..')
const scratch = mkdtempSync(join(tmpdir(), 'poolsim-'))
const poolsim = join(scratch, 'poolsim')
let site, browser

before(async () => {
  execFileSync('go', ['build', '-o', poolsim, './sim/cmd/poolsim'], { cwd: repository, stdio: 'inherit' })
  site = await serve('/in/a/folder/')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await site?.close()
  rmSync(scratch, { recursive: true })
})

async function open(t, query = '', options = {}) {
  const page = await openPage(browser, site, options)
  t.after(() => page.context().close())
  await visit(page, site, `playground/${query}`)
  return page
}

const state = (page, section = '.results > section:first-child') => page.locator(`${section} .run-state`)
const reached = (page, want, section = '.results > section:first-child') =>
  page.locator(`${section} .run-state[data-state=${want}]`).waitFor()
const field = (page, label) => page.getByLabel(label, { exact: true })
const figures = (page) =>
  page.locator('[data-figure]').evaluateAll((all) => Object.fromEntries(all.map((e) => [e.dataset.figure, e.textContent])))
const picture = (page, chart = 0) => page.locator('.plot canvas').nth(chart).evaluate((canvas) => canvas.toDataURL())
const command = (page, at = 0) => page.locator('.command code').nth(at).textContent()

// Waits until what is printed is what the shown command has printed.
const settled = (page) =>
  page.waitForFunction(() => document.querySelector('[data-printed=run]')?.dataset.by === document.querySelector('.command code').textContent)

// Changes something that changes the command, and waits for the run that comes of it.
async function rerun(page, change) {
  const was = await command(page)
  await change()
  assert.notEqual(await command(page), was)
  await settled(page)
}

// The output of the shown command, given to a shell as it is shown. Only the program is
// there already, and need not be compiled again.
function shell(line, more = '') {
  const start = 'go run github.com/respool/respool/sim/cmd/poolsim '
  assert.ok(line.startsWith(start), line)
  return execFileSync('sh', ['-c', `${poolsim} ${line.slice(start.length)} ${more}`], { cwd: scratch, encoding: 'utf8', env: { ...process.env, COLUMNS: '1000' } })
}

async function assertSame(page) {
  const line = await command(page)
  assert.equal(await page.locator('[data-printed=run]').textContent(), shell(line, '-format json -timing=false'))

  // The figures of the page are those of the report for people, as that writes them.
  const shown = await figures(page)
  const text = shell(line)
  const [, , p50, p90, p99, p999, max] = /^wait .*$/m.exec(text)[0].split(/\s+/)
  assert.deepEqual([shown.p50, shown.p90, shown.p99, shown.p999, shown.max], [p50, p90, p99, p999, max])
  assert.equal(shown.requests, /^requests +(\S+)/m.exec(text)[1])
  assert.equal(shown.waited, /had to wait +(\S+ %)/.exec(text)[1])
  assert.equal(shown.use, /^utilization (\S+ %)/m.exec(text)?.[1] ?? '–')
  assert.equal(shown.queue, /^in queue .* most +(\S+)/m.exec(text)[1])
}

test('it runs by itself, and prints what the command prints', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  await assertSame(page)
  assert.equal((await figures(page)).requests, '20,002')
  assert.equal(await page.locator('.plot canvas').count(), 7)
  assertCalm(page)
})

test('sliders and fields change the figures and the charts', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  const charts = await Promise.all([0, 1, 2, 3].map((at) => picture(page, at)))
  const before = await figures(page)

  const slider = page.getByLabel('MaxActive, slider')
  await rerun(page, async () => {
    await slider.focus()
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft')
  })
  assert.equal(await field(page, 'MaxActive').inputValue(), '7')
  assert.match(await command(page), / -max-active 7 /)
  assert.equal((await figures(page)).active, '7')
  assert.notEqual((await figures(page)).p99, before.p99)
  for (const at of [0, 1, 2, 3]) assert.notEqual(await picture(page, at), charts[at], `chart ${at}`)
  await assertSame(page)

  const everything = {
    'Arrival rate': '1500', 'Hold time': 'lognormal:4ms,0.8', 'Duration': '8s', 'Seed': '7', 'MaxIdle': '3', 'WaitTimeout': '15ms',
    'MaxWaiters': '30', 'IdleTimeout': '20ms', 'MaxConnLifetime': '500ms', 'Dial latency': 'exp:5ms', 'Restart at': '1s,2s',
    'Outage': '4s+500ms',
  }
  await rerun(page, async () => {
    for (const [label, text] of Object.entries(everything)) await field(page, label).fill(text)
  })
  await assertSame(page)
  assert.notEqual((await figures(page)).refused, '0 %')
  const outcomes = await page.locator('.outcomes th').allTextContents()
  assert.deepEqual(outcomes, ['granted', 'refused: queue full', 'refused: timed out', 'could not open', 'found it broken'])

  await rerun(page, () => field(page, 'Wait').uncheck())
  assert.equal(await field(page, 'WaitTimeout').isDisabled(), true)
  assert.doesNotMatch(await command(page), /-wait/)
  await assertSame(page)
  assertCalm(page)
})

const presets = {
  'A restart': [/^The server restarts and refuses connections from 5s to 5\.5s: .* Recovery takes another \d+ms\.$/, 'outage at 5s'],
  Overload: [/^The server is 3 times slower from 4s to 6s, which is overload .* Recovery takes another [\d.]+s\.$/, '3× slower at 4s'],
  'A leak': [/^10 of 10 connections have leaked: .* nobody gets a connection\. [\d,]+ requests are never served\.$/, 'all leaked at 9.41s'],
  'A retry storm': [/^The server answers nothing from 8s to 13s: .* calls were good\. .* does not recover by itself\.$/, 'stall at 8s'],
  'A fleet': [/^The server restarts at 5s: .* of all 20 instances together\. Instance \d+ comes off worst: /, 'restart at 5s'],
  'Many tenants': [/^The server restarts at 5s: .* of all \d+ keys with requests together\. The longest wait is .* [\d,]+ idle connections were closed for another key, /, 'restart at 5s'],
}

test('presets run, mark their event in the charts, and say what came of it', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  for (const [name, [words, mark]] of Object.entries(presets)) {
    const button = page.getByRole('button', { name, exact: true })
    assert.equal(await button.getAttribute('aria-pressed'), 'false')
    await rerun(page, () => button.click())
    assert.equal(await button.getAttribute('aria-pressed'), 'true')
    assert.match(await page.locator('[data-verdict]').textContent(), words)
    const charts = await page.locator('.results > section:first-child .plot').evaluateAll((all) => all.map((e) => e.ariaLabel))
    const calls = name === 'A retry storm' ? [true] : []
    assert.deepEqual(charts.map((label) => label.includes(`Marked: ${mark}.`)), [true, true, true, false, true, true, ...calls], charts[0])
    // The mark is there to be seen: its line is of one color from top to bottom.
    const line = await page.locator('.plot canvas').nth(1).evaluate((canvas) => {
      const { width, height } = canvas
      const { data } = canvas.getContext('2d').getImageData(0, 0, width, height)
      const red = (x, y) => data[4 * (y * width + x)] === 179 && data[4 * (y * width + x) + 1] === 50
      return Math.max(...Array.from({ length: width }, (_, x) => Array.from({ length: height }, (_, y) => red(x, y)).filter(Boolean).length)) / height
    })
    assert.ok(line > 0.3, `${name}: ${line} of the height`)
    await assertSame(page)
  }
  assertCalm(page)
})

test('a link carries the scenario', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  await rerun(page, async () => {
    await field(page, 'Hold time').fill('exp:2ms')
    await field(page, 'Wait').uncheck()
    await field(page, 'Target, at most').fill('9ms')
  })
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Copy link' }).click()
  await page.getByText('Copied').waitFor()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  assert.equal(link, page.url())

  const other = await openPage(browser, site)
  t.after(() => other.context().close())
  await other.goto(link)
  await reached(other, 'done')
  assert.equal(await field(other, 'Hold time').inputValue(), 'exp:2ms')
  assert.equal(await field(other, 'Wait').isChecked(), false)
  assert.equal(await field(other, 'Target, at most').inputValue(), '9ms')
  assert.deepEqual(await figures(other), await figures(page))
  assert.equal(await other.locator('[data-printed=run]').textContent(), await page.locator('[data-printed=run]').textContent())

  await page.getByRole('button', { name: 'Copy command' }).first().click()
  await page.waitForFunction(() => navigator.clipboard.readText().then((text) => text.startsWith('go run')))
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await command(page))
  assertCalm(page)
  assertCalm(other)
})

test('a long run shows how far it is, leaves the page alive, and can be stopped', async (t) => {
  const page = await open(t, '?rate=20000&hold=exp:300us&duration=1h')
  await reached(page, 'running')
  await page.waitForFunction(() => /\d+ % +simulated/.test(document.querySelector('.run-state .detail').textContent))
  // The page's own thread is free: a hundred turns of it take no time.
  const turns = await page.evaluate(async () => {
    const begin = performance.now()
    for (let i = 0; i < 100; i++) await new Promise((next) => { const { port1, port2 } = new MessageChannel(); port1.onmessage = next; port2.postMessage(0) })
    return performance.now() - begin
  })
  assert.ok(turns < 2000, `${turns} ms`)
  assert.equal(page.workers().length, 1)
  const ended = page.workers()[0].waitForEvent('close')
  await state(page).getByRole('button', { name: 'Stop' }).click()
  await reached(page, 'stopped')
  await ended
  assert.equal((await figures(page)).p99, '–')

  // It goes on from there.
  await field(page, 'Duration').fill('1s')
  await reached(page, 'done')
  await assertSame(page)
  assertCalm(page)
})

test('what makes no sense is said at its field, in the words of the command', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  const before = await figures(page)
  const bad = { 'Hold time': 'exp:three', 'Arrival rate': 'many', 'MaxActive': '4:32', 'Restart at': 'soon', 'Seed': '-1', 'Outage': '5s' }
  for (const [label, text] of Object.entries(bad)) {
    const input = field(page, label)
    const good = await input.inputValue()
    await input.fill(text)
    await reached(page, 'failed')
    const said = page.locator('.field', { has: input }).getByRole('alert')
    const words = await said.textContent()
    assert.equal(await input.inputValue(), text)
    assert.equal(await input.getAttribute('aria-invalid'), 'true')
    assert.throws(() => shellAloud(`run -rate 1 ${/-\S+/.exec(words)[0].slice(0, -1)} '${text}'`), (error) => {
      assert.equal(error.stderr.trim(), `poolsim run: ${words}`)
      return error.status === 2
    })
    await input.fill(good)
    await reached(page, 'done')
    assert.equal(await said.count(), 0)
  }
  // Without a flag, it is said above the figures.
  await field(page, 'Arrival rate').fill('')
  await page.getByRole('alert').filter({ hasText: 'say what the load is' }).waitFor()
  assert.deepEqual(await figures(page), before)
  await page.getByRole('button', { name: 'Reset' }).click()
  await reached(page, 'done')
  assertCalm(page)
})

const shellAloud = (args) => execFileSync('sh', ['-c', `${poolsim} ${args}`], { encoding: 'utf8', stdio: 'pipe' })

test('the smallest pool is that of poolsim sweep', async (t) => {
  const page = await open(t, '?duration=4s&pools=7:12&max-active=12')
  await reached(page, 'done')
  await page.getByRole('button', { name: 'Find the smallest pool' }).click()
  await reached(page, 'done', '.smallest')
  const printed = await page.locator('[data-printed=sweep]').textContent()
  const line = await command(page, 1)
  assert.equal(printed, shell(line, '-format json -timing=false'))
  const text = shell(line)
  const [, size, mean, low, high] = /max-active (\d+) is the smallest .*: p99 (\S+), between (\S+) and (\S+) with/.exec(text)
  assert.equal(
    await page.locator('[data-answer]').textContent(),
    `MaxActive ${size} is the smallest that meets p99 ≤ 5ms: ${mean}, between ${low} and ${high} with 95 % confidence.`,
  )
  await rerun(page, () => page.getByRole('button', { name: 'Use MaxActive' }).click())
  assert.equal(await field(page, 'MaxActive').inputValue(), size)

  // A target that none meets, and two that make no sense.
  await field(page, 'Target, at most').fill('1us')
  await page.getByText('The settings have changed since').waitFor()
  await page.getByRole('button', { name: 'Find the smallest pool' }).click()
  await page.getByText('No pool from MaxActive 7 to 12 meets p99 ≤ 1µs.').waitFor()
  assert.throws(() => shell(line.replace('p99=5ms', 'p99=1us')), { status: 1 })
  await field(page, 'Target, at most').fill('soon')
  await page.getByRole('button', { name: 'Find the smallest pool' }).click()
  await page.locator('.smallest').getByRole('alert').filter({ hasText: '-target: ' }).waitFor()
  await field(page, 'Target, at most').fill('5ms')
  await field(page, 'MaxActive from:to').fill('9:7')
  await page.getByRole('button', { name: 'Find the smallest pool' }).click()
  await page.locator('.smallest').getByRole('alert').filter({ hasText: '-max-active: "9:7" goes from 9 to 7' }).waitFor()
  assertCalm(page)
})

test('the advice is that of poolsim advise, and can be followed', async (t) => {
  const page = await open(t, '?duration=4s&max-active=6&restart=')
  await reached(page, 'done')
  await page.getByRole('button', { name: 'What should I change?' }).click()
  await reached(page, 'done', '.advice')
  const line = await command(page, 2)
  const printed = await page.locator('[data-printed=advise]').textContent()
  assert.equal(printed, shell(line, '-format json -timing=false'))
  const { sentences, changes } = JSON.parse(printed)
  assert.deepEqual(await page.locator('[data-advice] p').allTextContents(), sentences)
  assert.deepEqual(changes.map(({ setting }) => setting), ['max-active'])
  await rerun(page, () => page.getByRole('button', { name: 'Change it' }).click())
  assert.equal(await field(page, 'MaxActive').inputValue(), changes[0].to)
  await page.locator('.advice').getByText('The settings have changed since').waitFor()
  await field(page, 'Target, at most').fill('soon')
  await page.getByRole('button', { name: 'What should I change?' }).click()
  await page.locator('.advice').getByRole('alert').filter({ hasText: '-target: ' }).waitFor()
  assertCalm(page)
})

test('figures that are pasted become a scenario', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  const button = page.getByRole('button', { name: 'Make a scenario' })
  assert.equal(await button.isDisabled(), true)
  const paste = page.getByLabel('Log, table, histogram or statistics')
  await paste.fill('time,latency\n1,soon\n')
  await button.click()
  await page.locator('.fit').getByRole('alert').filter({ hasText: 'standard input: line 2: "soon" is not how long a request took' }).waitFor()

  await paste.fill(['rt_seconds_bucket{le="0.001"} 284', 'rt_seconds_bucket{le="0.005"} 812', 'rt_seconds_bucket{le="+Inf"} 1000', 'rt_seconds_sum 3'].join('\n'))
  await field(page, 'Counted over').fill('10s')
  await button.click()
  await reached(page, 'done', '.fit')
  assert.match(await page.locator('[data-fitted] .gist').textContent(), /rate 100/)
  assert.match(await page.locator('[data-fitted] li').first().textContent(), /the histogram rt_seconds, of 1 series/)
  await rerun(page, () => page.getByRole('button', { name: 'Use it' }).click())
  assert.equal(await field(page, 'Arrival rate').inputValue(), '100')
  assert.match(await field(page, 'Hold time').inputValue(), /^(exp|gamma|lognormal|samples):/)
  assert.match(await command(page), / -rate 100 /)
  assertCalm(page)
})

const sizes = [[320, 640], [390, 844], [820, 1100], [1360, 900]]
// The dark has the same boxes as the light, so by day the narrowest stands for all.
const sizesInTheDark = process.env.RESPOOL_LONG === '1' ? sizes : sizes.slice(0, 1)
for (const [colorScheme, all] of [['light', sizes], ['dark', sizesInTheDark]]) {
  for (const [width, height] of all) {
    test(`nothing overflows, and nothing shifts: ${colorScheme}, ${width} wide`, async (t) => {
      const page = await openPage(browser, site, { colorScheme, viewport: { width, height } })
      t.after(() => page.context().close())
      await page.addInitScript(() => {
        window.shifts = []
        new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map(({ value }) => value))).observe({ type: 'layout-shift', buffered: true })
      })
      await visit(page, site, 'playground/')
      await reached(page, 'done')
      await page.locator('.plot canvas').nth(5).waitFor()
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll('.playground *')].filter((e) => !e.closest('.plot, pre, details, svg') && e.getBoundingClientRect().right > innerWidth + 0.5).map((e) => e.outerHTML.slice(0, 80)),
      )
      assert.deepEqual(wide, [])
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width)
      const shifts = await page.evaluate(() => window.shifts)
      assert.ok(shifts.reduce((sum, value) => sum + value, 0) < 0.02, `${shifts}`)
      assertCalm(page)
    })
  }
}

test('charts take the colours of the page', async (t) => {
  const page = await open(t)
  await reached(page, 'done')
  const light = await picture(page)
  await page.locator('.VPSwitchAppearance').first().click()
  await page.waitForFunction(() => document.documentElement.classList.contains('dark'))
  await page.waitForFunction((light) => document.querySelector('.plot canvas').toDataURL() !== light, light)
  assertCalm(page)
})
