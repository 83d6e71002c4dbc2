// How a page looks where somebody shares a link to it. The site does not know its address,
// so a page has no og:url and no picture.

import type { HeadConfig, PageData, SiteData } from 'vitepress'

export function openGraph({ title, description, relativePath }: PageData, site: SiteData): HeadConfig[] {
  if (!title || !description) throw new Error(`${relativePath} needs a title and a description in its front matter`)
  const properties = {
    'og:site_name': site.title,
    'og:type': relativePath === 'index.md' ? 'website' : 'article',
    'og:title': title,
    'og:description': description,
  }
  return [
    ...Object.entries(properties).map(([property, content]): HeadConfig => ['meta', { property, content }]),
    ['meta', { name: 'twitter:card', content: 'summary' }],
  ]
}
