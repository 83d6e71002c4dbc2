import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfigWithTheme, type DefaultTheme, type UserConfig } from 'vitepress'
import { commands } from './commands'
import { diagrams } from './diagrams'
import { encodedFolder } from './encoded-folder'
import { hangingLines } from './hanging-lines'
import { openGraph } from './open-graph'
import { nav, sidebar } from './pages'
import { repositoryLinks } from './repository-links'
import { steadyText } from './steady-text'
import { tables } from './tables'
// Stands for the folder that the site is served from until scripts/relocatable.mjs has made the built site independent of it.
import { placeholder } from '../scripts/placeholder.mjs'

export default ({ command }: { command: 'build' | 'serve' }): UserConfig<DefaultTheme.Config> => {
  const base = command === 'build' ? placeholder : '/'
  return defineConfigWithTheme<DefaultTheme.Config>({
    title: 'respool',
    description: 'A resource pool for Go, and a drop-in for redigo’s redis.Pool.',
    lang: 'en-US',
    base,
    head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}logo.svg` }]],
    srcExclude: ['**/README.md', 'walkthroughs/**/!(index).md', 'benchmarks/**/!(index).md', 'failover/**/!(index).md', 'monitoring/**/!(index).md', 'tests/**', 'scripts/**'],
    transformHead: ({ pageData, siteData }) => openGraph(pageData, siteData),
    // For links to pictures; those that a page shows are built into it.
    buildEnd: ({ srcDir, outDir }) => cpSync(join(srcDir, 'pictures'), join(outDir, 'pictures'), { recursive: true }),
    vite: { plugins: [encodedFolder(), steadyText()] },
    markdown: {
      theme: { light: 'github-light-high-contrast', dark: 'github-dark-default' },
      codeTransformers: [hangingLines],
      config(md) {
        for (const extend of [commands, diagrams, repositoryLinks, tables]) extend(md)
      },
    },
    themeConfig: {
      nav,
      sidebar,
      search: { provider: 'local' },
      outline: { level: [2, 3] },
      externalLinkIcon: true,
      logo: '/logo.svg',
      socialLinks: [{ icon: 'github', link: 'https://github.com/respool/respool' }],
      docFooter: { prev: 'Before', next: 'Next' },
      footer: { message: 'MIT license' },
    },
  })
}
