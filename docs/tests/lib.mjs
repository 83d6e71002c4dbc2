// What the browser tests share: the built site on a small static server, under a folder of one's choice, and Debian's chromium.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, extname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

export const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../.vitepress/dist')

const types = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

// Serves dist under folder ("/", "/x/", ...) on a free port of the loopback interface.
export async function serve(folder = '/docs/') {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname)
    const file = path.startsWith(folder) && join(dist, normalize('/' + path.slice(folder.length)), path.endsWith('/') ? 'index.html' : '')
    const body = file && (await readFile(file).catch(() => undefined))
    response.writeHead(body ? 200 : 404, { 'content-type': (file && types[extname(file)]) || 'text/plain' })
    response.end(body || `${path} is not here\n`)
  })
  await new Promise((ready, failed) => server.once('error', failed).listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${server.address().port}${folder}`,
    close() {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    },
  }
}

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

// A new page in a context of its own. What goes wrong in it, errors on its console, failed requests and requests to other hosts,
// is collected in page.complaints.
export async function openPage(browser, site, options = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  page.complaints = []
  const complain = (text) => page.complaints.push(text)
  page.on('console', (message) => message.type() === 'error' && complain(`console: ${message.text()}`))
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error}`))
  page.on('requestfailed', (request) => complain(`failed: ${request.url()} ${request.failure()?.errorText}`))
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
  await page.goto(new URL(path, site.url).href, { waitUntil: 'load' })
  await page.waitForFunction(() => document.querySelector('#app')?.__vue_app__)
}

export function assertCalm(page) {
  assert.deepEqual(page.complaints, [])
}
