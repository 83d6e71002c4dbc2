// A table of sentences is unreadable where a phone presses each column to the width of a word. It gets a class, and its columns a
// least width; it then scrolls.

import type { MarkdownOptions } from 'vitepress'

const sentence = 60 // characters

export const tables: NonNullable<MarkdownOptions['config']> = (md) => {
  // VitePress' own leaves attributes out. With a tab index a table can be scrolled by keyboard.
  md.renderer.rules.table_open = (tokens, index, options, env, self) => {
    tokens[index].attrSet('tabindex', '0')
    return self.renderToken(tokens, index, options)
  }
  md.core.ruler.push('tables', ({ tokens }) => {
    let table = tokens[0]
    for (const token of tokens) {
      if (token.type === 'table_open') table = token
      const inTable = token.type === 'inline' && table?.type === 'table_open'
      if (inTable && token.content.length > sentence) table.attrSet('class', 'sentences')
      if (token.type === 'table_close') table = tokens[0]
    }
  })
}
