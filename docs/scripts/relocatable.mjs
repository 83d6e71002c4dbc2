// Makes the built site work from any folder of any server. VitePress builds for one folder and writes its name everywhere; it was
// told a placeholder, and each kind of file gets here what can stand for the folder at its place:
//
//   - styles: addresses relative to the style sheet;
//   - scripts: an expression for the folder, from the script's own address;
//   - pages: addresses relative to the page, for the time before scripts run and for readers without them; before the scripts
//     begin, they are made absolute, since a link in the menu stays while the reader goes on to pages in other folders.

import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, extname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'vite'
import { placeholder } from './placeholder.mjs'

const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../.vitepress/dist')

// VitePress' own needs its scripts, and cannot know where they are.
copyFileSync(resolve(dist, '../404.html'), join(dist, '404.html'))

const rewriters = { '.css': (text, up) => text.replaceAll(placeholder, up), '.js': relocateScript, '.html': relocatePage }

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  const file = join(entry.parentPath, entry.name)
  const rewrite = rewriters[extname(file)]
  if (!entry.isFile() || !rewrite) continue
  const before = readFileSync(file, 'utf8')
  if (!before.includes(bare(placeholder))) continue
  const up = relative(dirname(file), dist).split(sep).join('/')
  const after = rewrite(before, up ? `${up}/` : './')
  if (after.includes(bare(placeholder))) throw new Error(`${file} still depends on the site's folder`)
  writeFileSync(file, after)
}

function bare(path) {
  return path.replaceAll('/', '')
}

// A string "a<placeholder>b" becomes "a" + site + "b", a template `a<placeholder>b` becomes `a${site}b`.
function relocateScript(text, up) {
  const site = '__site'
  const edits = []
  const literals = []
  let module = false
  walk(parseAst(text), (node) => {
    if (/^(Import|Export)/.test(node.type) || node.type === 'MetaProperty') module = true
    if (node.type === 'Literal' && typeof node.value === 'string' && node.value.includes(placeholder)) literals.push(node)
    if (node.type === 'TemplateElement' && node.value.raw.includes(placeholder)) {
      edits.push({ ...node, text: text.slice(node.start, node.end).replaceAll(placeholder, `\${${site}}`) })
    }
  })
  for (const { start, end, value } of literals) {
    const parts = value.split(placeholder).map((part) => JSON.stringify(part))
    edits.push({ start, end, text: parts.length === 2 ? `(${parts.join(`+${site}+`)})` : `[${parts}].join(${site})` })
  }
  edits.sort((a, b) => b.start - a.start)
  for (const edit of edits) text = text.slice(0, edit.start) + edit.text + text.slice(edit.end)
  const here = module ? 'import.meta.url' : 'self.location.href'
  return `const ${site}=new URL(${JSON.stringify(up)},${here}).pathname;${text}`
}

function walk(node, visit) {
  if (Array.isArray(node)) return node.forEach((child) => walk(child, visit))
  if (typeof node?.type !== 'string') return
  visit(node)
  for (const child of Object.values(node)) if (child && typeof child === 'object') walk(child, visit)
}

// The names in a page's markup. VitePress makes a class of a page's path, too.
function relocatePage(text, up) {
  const first = `<script>window.__site=new URL(${JSON.stringify(up)},location.href).pathname</script>`
  const absolute =
    '<script>for(const e of document.querySelectorAll("body [href],body [src],link[rel=icon]")){' +
    `const a=e.hasAttribute("href")?"href":"src",u=e.getAttribute(a),p=${JSON.stringify(up)};` +
    'u.startsWith(p)&&e.setAttribute(a,__site+u.slice(p.length))}</script>'
  return text
    .replace(/JSON\.parse\(("(?:[^"\\]|\\.)*")\)/g, (call, json) => {
      if (!json.includes(placeholder)) return call
      return `JSON.parse([${JSON.parse(json).split(placeholder).map((part) => JSON.stringify(part))}].join(__site))`
    })
    .replaceAll(`_${bare(placeholder)}_`, '_')
    .replaceAll(placeholder, up)
    .replace('<head>', () => `<head>${first}`)
    .replace('</body>', () => `${absolute}</body>`)
}
