// A page may link to a file of the repository that is no page of the site, such as a program beside it. On a plain file view
// the link works as it stands; the site sends it to the file's place on the web.

import { posix } from 'node:path'
import type { MarkdownOptions, MarkdownEnv } from 'vitepress'

const repository = 'https://github.com/respool/respool/blob/main/'

export const repositoryLinks: NonNullable<MarkdownOptions['config']> = (md) => {
  md.core.ruler.push('repository-links', (state) => {
    const page = (state.env as MarkdownEnv).relativePath
    for (const { children } of state.tokens) {
      for (const token of children ?? []) {
        const href = token.type === 'link_open' ? token.attrGet('href') : null
        if (href && page) token.attrSet('href', elsewhere(href, page) ?? href)
      }
    }
  })
}

function elsewhere(href: string, page: string): string | undefined {
  if (/^([a-z]+:|#|\/)/i.test(href)) return
  const [path] = href.split('#')
  const file = posix.join('docs', posix.dirname(page), path)
  const isPage = /(\.md|\.html|\/)$/.test(path) || !posix.extname(path)
  if (file.startsWith('docs/') && (isPage || path.endsWith('.svg'))) return
  return repository + file + href.slice(path.length)
}
