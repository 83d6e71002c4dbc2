// A diagram is a picture that takes its colors from the text around it (currentColor). On a plain file view it is a picture like
// any other; on the site it becomes part of the page, so that it follows the reader's choice of dark or light.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { MarkdownEnv, MarkdownOptions } from 'vitepress'

export const diagrams: NonNullable<MarkdownOptions['config']> = (md) => {
  const picture = md.renderer.rules.image!
  md.renderer.rules.image = (tokens, index, options, env: MarkdownEnv, self) => {
    const source = tokens[index].attrGet('src') ?? ''
    const file = env.path && source.endsWith('.svg') ? resolve(dirname(env.realPath ?? env.path), source) : ''
    const svg = file && existsSync(file) ? readFileSync(file, 'utf8') : ''
    if (!svg.includes('currentColor')) return picture(tokens, index, options, env, self)
    return `<span class="diagram" v-pre>${svg.replace(/<style>.*?<\/style>/s, '').replace(/\n\s*/g, ' ')}</span>`
  }
}
