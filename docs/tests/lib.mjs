// Code that the browser tests share. It serves the built site under a given folder, and
// starts Debian's chromium.

import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

export { dist, serve } from '../scripts/serve.mjs'

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

// How long a test waits for what must happen, in milliseconds. It is far more than a page needs on a machine that has nothing
// else to do, because a busy one may take many times as long.
export const patience = 120_000

// A new page in a context of its own. What goes wrong in it, errors on its console, failed requests and requests to other hosts,
// is collected in page.complaints.
export async function openPage(browser, site, options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(patience)
  const page = await context.newPage()
  page.complaints = []
  const complain = (text) => page.complaints.push(text)
  page.on('console', (message) => message.type() === 'error' && complain(`console: ${message.text()}`))
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error}`))
  page.on('requestfailed', (request) => {
    const why = request.failure()?.errorText
    // VitePress fetches in advance what links lead to; whoever leaves the page ends that.
    if (why !== 'net::ERR_ABORTED' || !page.leaving) complain(`failed: ${request.url()} ${why}`)
  })
  page.on('response', (response) => response.status() >= 400 && complain(`${response.status()}: ${response.url()}`))
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url())
    const own = origin === new URL(site.url).origin || protocol === 'data:' || protocol === 'blob:'
    if (!own) complain(`another host: ${request.url()}`)
  })
  return page
}

// Goes to a page of the site, by its path from the site's folder, and waits until it is alive: rendered by its scripts.
export async function visit(page, site, path = '') {
  page.leaving = true
  await page.goto(new URL(path, site.url).href, { waitUntil: 'load' })
  page.leaving = false
  await page.waitForFunction(() => document.querySelector('#app')?.__vue_app__)
}

export function assertCalm(page) {
  assert.deepEqual(page.complaints, [])
}
