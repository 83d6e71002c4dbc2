import { after, before, test } from 'node:test'
import { assertCalm, launch, openPage, serve, visit } from './lib.mjs'

let site, browser
before(async () => {
  site = await serve('/')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await site?.close()
})

test('the front page loads', async () => {
  const page = await openPage(browser, site)
  await visit(page, site)
  assertCalm(page)
})
