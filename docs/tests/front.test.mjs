// The front page says what it is in one screen, can be used by keyboard, and does not jump.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { assertCalm, launch, openPage, serve, visit } from './lib.mjs'

let site, browser
before(async () => {
  site = await serve('/respool/')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await site?.close()
})

async function front(t, options) {
  const page = await openPage(browser, site, options)
  t.after(() => page.context().close())
  return page
}

test('one screen has what it is and the line to change', async (t) => {
  const page = await front(t, { viewport: { width: 1280, height: 800 } })
  await visit(page, site)
  for (const part of ['h1', '.lead', '.diff.remove', '.diff.add']) {
    const box = await page.locator(part).first().boundingBox()
    assert.ok(box && box.y > 0 && box.y + box.height < 800, part)
  }
  assert.match(await page.locator('.diff.remove').textContent(), /gomodule\/redigo\/redis/)
  assert.match(await page.locator('.diff.add').textContent(), /redis "github\.com\/respool\/respool\/redispool"/)
  assertCalm(page)
})

test('on a phone the changed line is to be seen as a whole', async (t) => {
  const page = await front(t, { viewport: { width: 390, height: 844 } })
  await visit(page, site)
  const right = await page.locator('.diff.add span').last().evaluate((e) => e.getBoundingClientRect().right)
  assert.ok(right <= 390, `it ends at ${right}`)
})

test('the program to paste is there as a whole, with the commands before it', async (t) => {
  const page = await front(t, { viewport: { width: 390, height: 844 } })
  await visit(page, site)
  const text = (of) => page.locator(`.first .language-${of} code`).evaluate((e) => e.textContent)
  assert.equal(await text('go'), readFileSync(new URL('../first/main.go', import.meta.url), 'utf8').trimEnd())
  assert.match(await text('sh'), /^mkdir .*\ngo mod init first\ngo get .*\n(.*\n)*go run \.$/)
  // Each command has a line of its own.
  const tops = await page.locator('.first .language-sh .line').evaluateAll((all) => all.map((e) => e.getBoundingClientRect().top))
  assert.equal(new Set(tops).size, tops.length)
  assertCalm(page)
})

test('keyboard', async (t) => {
  const page = await front(t, { viewport: { width: 1280, height: 800 } })
  await visit(page, site)
  const focused = () =>
    page.evaluate(() => {
      const e = document.activeElement
      const { outlineStyle, outlineWidth } = getComputedStyle(e)
      const { width, height } = e.getBoundingClientRect()
      const visible = width > 1 && height > 1 && (e.matches('.VPSkipLink') || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1))
      return { text: (e.textContent || e.getAttribute('aria-label') || '').trim(), visible, where: e.closest('.VPNavBarMenu, .VPSkipLink, main, .front')?.className }
    })
  const seen = []
  for (let i = 0; i < 14; i++) {
    await page.keyboard.press('Tab')
    seen.push(await focused())
  }
  assert.match(seen[0].text, /Skip to content/)
  const list = JSON.stringify(seen, null, 1)
  assert.ok(seen.some(({ where }) => where?.includes('VPNavBarMenu')), `no menu in ${list}`)
  assert.ok(seen.some(({ where }) => where?.includes('front')), `not into the page: ${list}`)
  assert.deepEqual(seen.filter(({ visible }) => !visible), [], 'where the focus is not to be seen')

  await visit(page, site, 'errors.html')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'VPContent')
  assertCalm(page)
})

for (const viewport of [{ width: 1280, height: 800 }, { width: 390, height: 844 }]) {
  test(`layout shift, ${viewport.width} wide`, async (t) => {
    const page = await front(t, { viewport })
    await page.addInitScript(() => {
      window.shifts = []
      new PerformanceObserver((list) => {
        for (const { value, sources } of list.getEntries()) window.shifts.push([value, sources.map(({ node }) => node?.className ?? node?.nodeName)])
      }).observe({ type: 'layout-shift', buffered: true })
    })
    await visit(page, site)
    await page.evaluate(() => document.fonts.ready)
    // Two frames later what the font did is drawn and known.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    const shifts = await page.evaluate(() => window.shifts)
    const sum = shifts.reduce((all, [value]) => all + value, 0)
    assert.ok(sum < 0.01, JSON.stringify(shifts))
  })
}
