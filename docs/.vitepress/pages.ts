// The site's pages in reading order. A page that is not written yet is left out of the menus.

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DefaultTheme } from 'vitepress'

const docs = resolve(dirname(fileURLToPath(import.meta.url)), '..')

type Page = { text: string; link: string }

const walkthroughs: Page[] = [
  { text: 'A pool in a web server', link: '/walkthroughs/webserver/' },
  { text: 'Many clients, few connections', link: '/walkthroughs/quickstart/' },
  { text: 'Moving from redigo', link: '/walkthroughs/moving-from-redigo/' },
  { text: 'Configuring for production', link: '/walkthroughs/production/' },
  { text: 'Health checks', link: '/walkthroughs/health-checks/' },
  { text: 'Sharing connections', link: '/walkthroughs/sharing/' },
  { text: 'When the pool is empty', link: '/walkthroughs/when-empty/' },
  { text: 'Two connections at once', link: '/walkthroughs/two-at-once/' },
  { text: 'Retry storms', link: '/walkthroughs/metastable/' },
  { text: 'Following Sentinel', link: '/walkthroughs/sentinel/' },
  { text: 'Redis Cluster', link: '/walkthroughs/cluster/' },
  { text: 'TLS and passwords', link: '/walkthroughs/tls/' },
  { text: 'Pooling something else', link: '/walkthroughs/something-else/' },
  { text: "Many tenants' servers", link: '/walkthroughs/tenants/' },
  { text: 'Writing a policy', link: '/walkthroughs/policies/' },
  { text: 'Sizing a pool', link: '/walkthroughs/sizing/' },
  { text: 'Watching a pool', link: '/walkthroughs/watching/' },
  { text: 'Finding leaks', link: '/walkthroughs/leaks/' },
]

const playground: Page[] = [{ text: 'Playground', link: '/playground/' }]

const reference: Page[] = [
  { text: 'Policies', link: '/policies' },
  { text: 'Errors', link: '/errors' },
  { text: 'On call', link: '/on-call' },
  { text: 'Differences from redigo', link: '/differences-from-redigo' },
  { text: 'Session state', link: '/session-state' },
  { text: 'Permissions of a user', link: '/permissions' },
  { text: 'Monitoring', link: '/monitoring/' },
  { text: 'poolsim, the simulator', link: '/simulator' },
  { text: 'Pool size by simulation', link: '/sizing' },
  { text: 'Questions, answered by simulation', link: '/questions' },
  { text: 'Design', link: '/design' },
  { text: 'Benchmarks', link: '/benchmarks/' },
  { text: 'Benchmarks: sharing', link: '/benchmarks/sharing/' },
  { text: 'Failovers', link: '/failover/' },
  { text: 'Changelog', link: '/changelog' },
]

function written({ link }: Page): boolean {
  return existsSync(docs + (link.endsWith('/') ? `${link}index.md` : `${link}.md`))
}

const groups = [
  { text: 'Walkthroughs', items: walkthroughs.filter(written) },
  { text: 'Try it', items: playground.filter(written) },
  { text: 'Reference & background', items: reference.filter(written) },
].filter(({ items }) => items.length > 0)

export const sidebar: DefaultTheme.SidebarItem[] = groups

export const nav: DefaultTheme.NavItem[] = groups.flatMap(({ text, items }) => {
  const own = items.length === 1
  const folders = items.map(({ link }) => link.split('/')[1])
  return { text: own ? items[0].text : text.split(' ')[0], link: items[0].link, activeMatch: `^/(${folders.join('|')})(/|\\.|$)` }
})
