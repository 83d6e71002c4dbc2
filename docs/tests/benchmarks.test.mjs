// The benchmarks page begins with five sentences and three charts, which are those of results.json.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { assertCalm, launch, openPage, serve, visit } from './lib.mjs'

const { cases } = JSON.parse(readFileSync(new URL('../benchmarks/results.json', import.meta.url)))

let site, browser
before(async () => {
  site = await serve('/respool/')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await site?.close()
})

function median(work, contender, of) {
  const { samples } = cases.find((c) => c.work === work && c.contender === contender)
  const all = samples.filter(Boolean).map(({ ns }) => of(ns)).sort((a, b) => a - b)
  return (all[Math.floor((all.length - 1) / 2)] + all[Math.floor(all.length / 2)]) / 2
}

for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`the page begins with sentences and charts, ${viewport.width} wide`, async (t) => {
    const page = await openPage(browser, site, { viewport })
    t.after(() => page.context().close())
    await visit(page, site, 'benchmarks/')
    assert.equal(await page.locator('.vp-doc li').evaluateAll((all) => all.filter((e) => !e.closest('.vp-doc h2 ~ *')).length), 5)
    assert.match(await page.locator('.vp-doc').textContent(), /Conditions\. go1/)

    await page.locator('.bars canvas').nth(2).waitFor()
    const labels = await page.locator('.bars').evaluateAll((all) => all.map((e) => e.getAttribute('aria-label')))
    assert.equal(labels.length, 3)
    const ns = (x) => (x < 10 ? x.toFixed(1) : Math.round(x).toLocaleString('en-US'))
    const expected = [
      ['A cycle', 'serial/bare', 'resource', (x) => x, 'resource.Pool'],
      ['A hand-off', 'hand-off/cancellable', 'redigo', (x) => x, 'redigo'],
      ['GETs a second', 'GET/redis-server/256-goroutines', 'go-redis', (x) => 1e9 / x, 'go-redis'],
    ]
    for (const [at, [title, work, contender, of, name]] of expected.entries()) {
      assert.ok(labels[at].startsWith(`Chart: ${title}`), labels[at])
      const want = `${name} ${ns(median(work, contender, of))}`
      assert.ok(labels[at].includes(want), `no ${want} in: ${labels[at]}`)
    }
    // Each has the bars of its pools in their color.
    for (const canvas of await page.locator('.bars canvas').all()) {
      const share = await canvas.evaluate((canvas) => {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
        let colored = 0
        for (let i = 0; i < data.length; i += 4) if (data[i] === 0x17 && data[i + 1] === 0x75 && data[i + 2] === 0x7d) colored++
        return colored / (data.length / 4)
      })
      assert.ok(share > 0.005, `only ${share} of a chart is bars of ours`)
    }
    assertCalm(page)
  })
}

test('big tables are in the appendix', async (t) => {
  const page = await openPage(browser, site)
  t.after(() => page.context().close())
  await visit(page, site, 'benchmarks/')
  const outside = await page.evaluate(() => {
    const appendix = [...document.querySelectorAll('h2')].find((e) => e.textContent.startsWith('Appendix'))
    return [...document.querySelectorAll('table')].filter((e) => !(appendix.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING)).length
  })
  assert.equal(outside, 0)
  assertCalm(page)
})
