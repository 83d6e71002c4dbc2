// On a phone a table is a list of cards, one for each row (theme/wide.css). A cell needs the name of its column for that, and the
// table its roles, since a browser takes them away from a table that is no longer laid out as one.

import type { MarkdownOptions } from 'vitepress'

type Token = Parameters<NonNullable<MarkdownOptions['config']>>[0] extends { parse(...args: any[]): (infer T)[] } ? T : never

const many = 7 // columns: a table with more is set narrower
const figure = 24 // characters: a longer text stands below the name of its column, not beside it

const roles: Record<string, string> = {
  table_open: 'table', thead_open: 'rowgroup', tbody_open: 'rowgroup', tr_open: 'row', th_open: 'columnheader', td_open: 'cell',
}

export const tables: NonNullable<MarkdownOptions['config']> = (md) => {
  // VitePress' own renderer leaves attributes out.
  md.renderer.rules.table_open = (tokens, index, options, env, self) => self.renderToken(tokens, index, options)
  md.core.ruler.push('tables', ({ tokens }) => {
    for (const [index, token] of tokens.entries()) {
      if (token.type === 'table_open') label(tokens.slice(index, tokens.findIndex((t, i) => i > index && t.type === 'table_close')))
    }
  })
}

// label prepares one table.
function label(tokens: Token[]) {
  const columns: string[] = []
  let longest = 0
  let column = 0
  for (const [index, token] of tokens.entries()) {
    if (roles[token.type]) token.attrSet('role', roles[token.type])
    if (token.type === 'tr_open') column = 0
    if (token.type === 'th_open') columns.push(plain(tokens[index + 1]))
    if (token.type === 'td_open') {
      if (columns[column]) token.attrSet('data-column', columns[column])
      if (column > 0) longest = Math.max(longest, plain(tokens[index + 1]).length)
      column++
    }
  }
  const is = { cards: true, figures: longest <= figure, many: columns.length > many }
  tokens[0].attrSet('class', Object.entries(is).flatMap(([name, yes]) => (yes ? [name] : [])).join(' '))
}

// plain is what a reader sees of a cell.
function plain({ children }: Token): string {
  return (children ?? []).map(({ content }) => content).join('')
}
