// A static server for the built site, for `npm run preview` and the tests. It does nothing that another would not.

import { access, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, extname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

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

const missing = join(dist, '404.html')

// The file that an address stands for, or undefined if the address makes no sense.
function fileAt(path) {
  try {
    const file = join(dist, normalize('/' + decodeURIComponent(path)))
    return path === '' || path.endsWith('/') ? join(file, 'index.html') : file
  } catch {
    return undefined // a stray % or the like
  }
}

// What to answer: a file, the way to a folder whose slash is missing, or the page that says that there is no such page.
async function answer({ pathname, search }, folder) {
  const file = pathname.startsWith(folder) ? fileAt(pathname.slice(folder.length)) : undefined
  if (file && file !== missing) {
    const body = await readFile(file).catch(() => undefined)
    if (body) return { status: 200, type: types[extname(file)] ?? 'application/octet-stream', body }
    const isFolder = await access(join(file, 'index.html')).then(
      () => true,
      () => false,
    )
    if (isFolder && !pathname.endsWith('/')) return { status: 301, location: `${pathname.replace(/^\/+/, '/')}/${search}` }
  }
  return { status: 404, type: types['.html'], body: await readFile(missing) }
}

// Serves the site under a folder ("/", "/x/", ...) on the loopback interface; port 0 is a free one.
export async function serve(folder = '/docs/', port = 0) {
  await access(missing).catch(() => {
    throw new Error(`${dist} has no site: npm run build makes it`)
  })
  const server = createServer(async (request, response) => {
    // Not new URL(request.url, ...): that takes what follows two slashes for a host.
    const { status, type, location, body } = await answer(new URL(`http://host${request.url}`), folder)
    response.writeHead(status, location ? { location } : { 'content-type': type })
    response.end(body)
  })
  await new Promise((ready, failed) => server.once('error', failed).listen(port, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${server.address().port}${folder}`,
    close() {
      server.closeAllConnections()
      return new Promise((closed) => server.close(closed))
    },
  }
}
