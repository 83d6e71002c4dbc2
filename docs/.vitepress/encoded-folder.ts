// A folder's name may hold a space. VitePress takes the site's folder off a page's path after it has decoded the path, so the folder
// must be decoded too; it never is, since VitePress knows it when it builds. Here it is known only in the browser.

import type { Plugin } from 'vite'

const file = /vitepress\/dist\/client\/app\/utils\.js$/
const found = 'pagePath.slice(base.length)'
const wanted = 'pagePath.slice(decodeURIComponent(base).length)'

export function encodedFolder(): Plugin {
  return {
    name: 'encoded-folder',
    transform(code, id) {
      if (!file.test(id)) return
      if (!code.includes(found)) this.error(`${id} no longer has ${found}`)
      return { code: code.replace(found, wanted), map: null }
    },
  }
}
