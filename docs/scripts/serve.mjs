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

function fileAt(path) {
  try {
    const file = join(dist, normalize('/' + decodeURIComponent(path)))
    return path === '' || path.endsWith('/') ? join(file, 'index.html') : file
  } catch {
    return missing // a stray % or the like
  }
}

// Serves the site under a folder ("/", "/x/", ...) on the loopback interface; port 0 is a free one.
export async function serve(folder = '/docs/', port = 0) {
  await access(missing).catch(() => {
    throw new Error(`${dist} has no site: npm run build makes it`)
  })
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://host')
    const file = pathname.startsWith(folder) ? fileAt(pathname.slice(folder.length)) : missing
    const body = await readFile(file).catch(() => undefined)
    response.writeHead(body && file !== missing ? 200 : 404, { 'content-type': types[extname(file)] ?? 'application/octet-stream' })
    response.end(body ?? (await readFile(missing)))
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
