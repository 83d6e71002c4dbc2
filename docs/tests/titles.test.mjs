// A search engine, a shared link and a reader of many tabs see these parts of each page.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import { dist } from '../scripts/serve.mjs'

const pages = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.html') && entry.name !== '404.html')
  .map((entry) => join(entry.parentPath, entry.name))
  .map((file) => ({ name: relative(dist, file), html: readFileSync(file, 'utf8') }))

const plain = (html) =>
  html.replace(/<[^>]*>/g, '').replace(/&#39;/g, "'").replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&').trim()

function meta(html, key) {
  const tags = [...html.matchAll(/<meta ([^>]*)>/g)].filter(([, attributes]) => attributes.includes(`"${key}"`))
  assert.equal(tags.length, 1, `${tags.length} of ${key}`)
  return plain(/content="([^"]*)"/.exec(tags[0][1])[1])
}

const title = (html) => plain(/<title>(.*?)<\/title>/s.exec(html)[1])

for (const { name, html } of pages) {
  test(`${name} has a description and Open Graph tags`, () => {
    const description = meta(html, 'description')
    assert.ok(description.length >= 70 && description.length <= 200, `${description.length} letters: ${description}`)
    assert.equal(meta(html, 'og:description'), description)
    assert.equal(meta(html, 'og:title'), title(html).replace(' | respool', ''))
    assert.equal(meta(html, 'og:site_name'), 'respool')
    assert.equal(meta(html, 'og:type'), name === 'index.html' ? 'website' : 'article')
  })
}

for (const [what, of] of Object.entries({
  title,
  description: (html) => meta(html, 'description'),
  'first heading': (html) => plain(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)[1].replace(/<a class="header-anchor".*?<\/a>/s, '')),
})) {
  test(`no two pages have the same ${what}`, () => {
    const seen = new Map()
    for (const { name, html } of pages) {
      const own = of(html)
      assert.ok(own, name)
      assert.ok(!seen.has(own), `${name} and ${seen.get(own)}: ${own}`)
      seen.set(own, name)
    }
  })
}

// A heading is found by search and read in the outline, where nothing stands around it.
test('a heading says what its section is about', () => {
  const vague = /^(the end|mistakes|a client|export|tests|time|dial|how many|how long|the cases|in line|run|check|sweep)$/i
  for (const { name, html } of pages) {
    for (const [, heading] of html.matchAll(/<h[23][^>]*>(.*?)(?:<a class="header-anchor"|<\/h)/gs)) assert.doesNotMatch(plain(heading), vague, name)
  }
})
