// The same build works wherever it is put.

import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { assertCalm, launch, openPage, serve, visit } from './lib.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

// Other tests serve the site from folders with simple names.
for (const folder of ['/', '/a/b%20c/']) {
  test(`served at ${folder}`, async (t) => {
    const site = await serve(folder)
    t.after(() => site.close())
    const page = await openPage(browser, site)
    t.after(() => page.context().close())
    const at = (path) => new URL(path, site.url).href

    await visit(page, site, 'design.html')
    await page.locator('.VPSidebar').getByRole('link', { name: 'Session state' }).click()
    await page.waitForURL(at('session-state.html'))
    await page.locator('h1', { hasText: 'Session state' }).waitFor()

    // Into a folder and out again by links of the menu, which stay while the page changes.
    await page.locator('.VPSidebar a[href*="/walkthroughs/"]').first().click()
    await page.waitForURL(/\/walkthroughs\/.*\/$/)
    await page.locator('.VPSidebar').getByRole('link', { name: 'Design' }).click()
    await page.waitForURL(at('design.html'))
    await page.locator('h1', { hasText: 'Design' }).waitFor()

    // A link in the text.
    await page.locator('.vp-doc').getByRole('link', { name: 'differences from redigo' }).first().click()
    await page.waitForURL(at('differences-from-redigo.html'))
    await page.locator('h1', { hasText: 'Differences' }).waitFor()

    // A picture, a font, and back by the browser's own button.
    await visit(page, site, 'sizing.html')
    const widths = await page.locator('.vp-doc img').evaluateAll((all) => all.map((image) => image.naturalWidth))
    assert.ok(widths.length > 0 && widths.every((width) => width > 0), `${widths}`)
    assert.ok(await page.evaluate(async () => (await document.fonts.load('16px Inter')).length > 0), 'the font')
    await page.locator('.VPNavBarTitle a').click()
    await page.waitForURL(site.url)
    await page.goBack()
    await page.locator('h1', { hasText: 'Connection pool size' }).waitFor()

    assertCalm(page)

    const program = await fetch(at('playground/poolsim.wasm.gz'))
    assert.equal(program.status, 200)
    assert.deepEqual(new Uint8Array(await program.arrayBuffer()).slice(0, 2), Uint8Array.of(0x1f, 0x8b))
  })
}

test('an address that is not there leads to the front page', async (t) => {
  const site = await serve('/x/')
  t.after(() => site.close())
  const page = await openPage(browser, site)
  t.after(() => page.context().close())
  await page.goto(new URL('no/such/page.html', site.url).href)
  await page.waitForFunction((home) => document.getElementById('home').href === home, site.url)
  await page.getByRole('link', { name: 'front page' }).click()
  await page.waitForURL(site.url)
})

test('whatever is not there is answered by a page, and never by a download', async (t) => {
  const site = await serve('/x/')
  t.after(() => site.close())
  for (const path of ['nope', 'no/such/page', 'nope.html', 'nope.svg', 'nope.wasm.gz', 'walkthroughs/', '404.html', '%', '../', '../nope']) {
    const response = await fetch(site.url + path)
    assert.equal(response.status, 404, path)
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8', path)
    assert.match(await response.text(), /There is no such page/, path)
  }
})

test('a folder without its slash leads to the one with it', async (t) => {
  const site = await serve('/x/')
  t.after(() => site.close())
  const response = await fetch(new URL('walkthroughs/webserver?a=b', site.url))
  assert.equal(response.url, new URL('walkthroughs/webserver/?a=b', site.url).href)
  assert.equal(response.status, 200)
})

test('search', async (t) => {
  const site = await serve('/x/y/')
  t.after(() => site.close())
  const page = await openPage(browser, site)
  t.after(() => page.context().close())
  await visit(page, site)
  await page.keyboard.press('Control+k')
  await page.locator('#localsearch-input').fill('ErrPoolExhausted')
  await page.locator('.VPLocalSearchBox .result').first().waitFor()
  const texts = await page.locator('.VPLocalSearchBox .result').allTextContents()
  assert.ok(texts.some((text) => /Errors/.test(text)), texts.join('\n'))
  await page.keyboard.press('Enter')
  await page.waitForURL(/\.html#|\/#/)
  await page.locator('.vp-doc', { hasText: 'ErrPoolExhausted' }).waitFor()
  assertCalm(page)
})
