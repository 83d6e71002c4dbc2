// A static server for the built site, for `npm run preview` and the tests. It does nothing that another would not.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { dirname, extname, join, normalize, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const dist = resolve(dirname(fileURLToPath(import.meta.url)), '../.vitepress/dist')

const types = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.woff2': 'font/woff2',
}

// Serves the site under a folder ("/", "/x/", ...) on the loopback interface; port 0 is a free one.
export async function serve(folder = '/docs/', port = 0) {
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://host').pathname)
    const file = path.startsWith(folder) && join(dist, normalize('/' + path.slice(folder.length)), path.endsWith('/') ? 'index.html' : '')
    const body = file && (await readFile(file).catch(() => undefined))
    response.writeHead(body ? 200 : 404, { 'content-type': (file && types[extname(file)]) || 'text/plain' })
    response.end(body || `${path} is not here\n`)
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
