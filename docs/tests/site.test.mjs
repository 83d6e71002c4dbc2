// Every page of the built site, in a real browser.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { after, before, test } from 'node:test'
import { placeholder } from '../scripts/placeholder.mjs'
import { assertCalm, dist, launch, openPage, serve, visit } from './lib.mjs'

const paths = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.html') && entry.name !== '404.html')
  .map((entry) => relative(dist, join(entry.parentPath, entry.name)).replace(/(^|\/)index\.html$/, '$1'))
  .sort()

const phone = { width: 390, height: 844 }
const desktop = { width: 1280, height: 800 }

let site, browser, page
before(async () => {
  site = await serve('/respool/docs/')
  browser = await launch()
  page = await openPage(browser, site)
})
after(async () => {
  await browser?.close()
  await site?.close()
})

test('the site has its pages', () => {
  for (const path of ['', 'design.html', 'errors.html', 'policies.html', 'simulator.html']) assert.ok(paths.includes(path), path)
})

const ids = new Map() // of a page, by its address
const links = new Map() // addresses within the site, and the first page that leads there

// One page of the browser loads them all, each of them once: it has the scripts and fonts of the site already.
for (const path of paths) {
  test(`page ${path || '(front)'}`, async () => {
    page.complaints = []
    await page.setViewportSize(desktop)
    await page.emulateMedia({ colorScheme: 'light' })
    await visit(page, site, path)
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize(desktop)
      await page.emulateMedia({ colorScheme })
      await page.waitForFunction((dark) => document.documentElement.classList.contains('dark') === dark, colorScheme === 'dark')
      assert.deepEqual(await overflowing(page), [], `${colorScheme}, wide`)
      assert.deepEqual(await cutOff(page), [], `${colorScheme}, wide`)
      assert.deepEqual(await brokenLines(page), [], `${colorScheme}, wide`)
      const rules = colorScheme === 'light' ? guidelines : aboutColors
      assert.deepEqual(await barriers(page, rules), [], `${colorScheme}, for readers who need contrast, names or structure`)
      await page.setViewportSize(phone)
      assert.deepEqual(await overflowing(page), [], `${colorScheme}, phone`)
      assert.deepEqual(await cutOff(page), [], `${colorScheme}, phone`)
      assert.deepEqual(await tablesThatAreNoCards(page), [], `${colorScheme}, phone`)
    }
    await gather(page)
    assertCalm(page)
  })
}

test('a page is dark from its start for whoever prefers that', async (t) => {
  const dark = await openPage(browser, site, { colorScheme: 'dark' })
  t.after(() => dark.context().close())
  await visit(dark, site)
  assert.ok(await dark.evaluate(() => document.documentElement.classList.contains('dark')))
  assertCalm(dark)
})

// What reaches beyond the window and is not within something that scrolls by itself.
function overflowing(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const scrolls = (e) => e && e !== document.body && (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement))
    const out = [...document.querySelectorAll('#app *')].filter((e) => {
      const { left, right, width: own } = e.getBoundingClientRect()
      const visible = own > 1 && e.checkVisibility({ opacityProperty: true, visibilityProperty: true })
      return visible && (right > width + 1 || left < -1) && !scrolls(e.parentElement)
    })
    const described = out.slice(0, 3).map((e) => `<${e.tagName.toLowerCase()} class="${e.getAttribute('class')}">`)
    if (document.documentElement.scrollWidth > width) described.push(`the page is ${document.documentElement.scrollWidth} wide`)
    return described
  })
}

// The blocks of code and the tables that do not show all that they have.
function cutOff(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('.vp-doc pre, .vp-doc table')]
      .filter((e) => !e.closest('.playground') && e.checkVisibility() && e.scrollWidth > e.clientWidth + 1)
      .map((e) => `${e.tagName} has ${e.clientWidth} of ${e.scrollWidth}: ${e.textContent.trim().slice(0, 60)}`),
  )
}

// The lines of code that go on below although their block could be wider.
function brokenLines(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".VPDoc div[class*='language-']")].flatMap((block) => {
      const full = block.clientWidth >= block.parentElement.clientWidth - 1
      const one = parseFloat(getComputedStyle(block.querySelector('code')).lineHeight)
      const lines = [...block.querySelectorAll('.line')].filter((line) => line.clientHeight > 1.5 * one)
      return full ? [] : lines.map((line) => line.textContent)
    }),
  )
}

// A card names the column of each of its cells but the first, and no cell stands beside another.
function tablesThatAreNoCards(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll('.vp-doc table[role=table]')].flatMap((table) =>
      [...table.querySelectorAll('tbody tr')].filter((row) => {
        const cells = [...row.cells].filter((cell) => cell.textContent.trim())
        const below = cells.every((cell, i) => !i || cell.getBoundingClientRect().top >= cells[i - 1].getBoundingClientRect().bottom - 1)
        const named = cells.slice(1).every(({ dataset, cellIndex }) => {
          const column = table.tHead.rows[0].cells[cellIndex].textContent
          return !column || dataset.column === column
        })
        return !below || !named
      }).map((row) => row.textContent.slice(0, 60)),
    ),
  )
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

// The Web Content Accessibility Guidelines, level AA. These take long, and in the dark nothing but colors is different.
const guidelines = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']
const aboutColors = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] }

// What rules object to. The search button is VitePress' own.
async function barriers(page, rules) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe)
  const { violations } = await page.evaluate(
    (runOnly) => window.axe.run({ exclude: ['.DocSearch-Button'] }, { runOnly, resultTypes: ['violations'] }),
    rules,
  )
  return violations.map(({ id, nodes }) => `${id}: ${nodes.length} such as ${nodes[0].html}`)
}

async function gather(page) {
  const found = await page.evaluate(() => ({
    ids: [...document.querySelectorAll('[id]')].map((e) => e.id),
    links: [...document.querySelectorAll('a[href]')].map((e) => e.href),
    empty: [...document.querySelectorAll('img')].filter((e) => e.complete && e.naturalWidth === 0).map((e) => e.src),
  }))
  assert.deepEqual(found.empty, [], 'pictures that do not show')
  ids.set(page.url(), new Set(found.ids))
  for (const link of found.links) if (link.startsWith(new URL(site.url).origin) && !links.has(link)) links.set(link, page.url())
}

test('links within the site lead somewhere', async () => {
  assert.ok(links.size > paths.length, `only ${links.size} links`)
  const broken = []
  for (const [link, from] of links) {
    const [address, anchor] = link.split('#')
    const known = ids.get(address.replace(/\/index\.html$/, '/'))
    if (known ? anchor && !known.has(decodeURIComponent(anchor)) : !(await fetch(address)).ok) broken.push(`${link} on ${from}`)
  }
  assert.deepEqual(broken, [])
})

test('no file names the folder that the site was built for', async () => {
  const name = placeholder.replaceAll('/', '')
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!/\.(html|js|css|json)$/.test(entry.name)) continue
    const file = join(entry.parentPath, entry.name)
    assert.ok(!readFileSync(file, 'utf8').includes(name), file)
  }
})
