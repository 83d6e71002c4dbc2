// An indented block is a command, or the output of one. It gets the same frame as a fenced one: colors, a button to copy it, and
// lines that go on below where the window is narrow.

import type { MarkdownOptions } from 'vitepress'

export const commands: NonNullable<MarkdownOptions['config']> = (md) => {
  md.renderer.rules.code_block = (tokens, index, options, env, self) => {
    tokens[index].info = /^(cd|go|npm) /.test(tokens[index].content) ? 'sh' : 'text'
    return md.renderer.rules.fence!(tokens, index, options, env, self)
  }
}
