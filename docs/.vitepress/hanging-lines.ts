// A long line of code goes on below, to the right of where it began (theme/wide.css). Styles need three things for that: how far a line
// is indented, how many columns a block has, and where a line of Go may be broken.

import type { ShikiTransformer } from 'shiki'

const tab = 4

export const hangingLines: ShikiTransformer = {
  name: 'hanging-lines',
  pre(node) {
    const columns = Math.max(...this.source.split('\n').map(width))
    node.properties.style = `${node.properties.style ?? ''};--columns:${columns}`
  },
  line(node: any) {
    const indent = /^\s*/.exec(text(node))![0]
    if (this.options.lang === 'go') allowBreaks(node)
    if (!indent || !cutIndent(node, indent)) return
    node.properties.style = `--indent:${width(indent)}`
    node.children.unshift({ type: 'element', tagName: 'span', properties: { class: 'indent' }, children: [{ type: 'text', value: indent }] })
  },
}

function width(line: string): number {
  return [...line].reduce((sum, c) => sum + (c === '\t' ? tab : 1), 0)
}

function text(node: any): string {
  return node.value ?? (node.children ?? []).map(text).join('')
}

// cutIndent takes the indentation off the first text, which may have it together with a word.
function cutIndent(node: any, indent: string): boolean {
  let first = node
  while (first.children) first = first.children[0] ?? {}
  if (!first.value?.startsWith(indent)) return false
  first.value = first.value.slice(indent.length)
  return true
}

// allowBreaks lets a line be broken behind a dot or a bracket.
function allowBreaks(node: any) {
  if (!node.children) return
  node.children = node.children.flatMap((child: any) => {
    if (child.type !== 'text') return allowBreaks(child) ?? [child]
    const parts: string[] = child.value.split(/(?<=[a-z\])]\.|\()(?=\w|$)/)
    const wbr = () => ({ type: 'element', tagName: 'wbr', properties: {}, children: [] })
    return parts.flatMap((value, i) => (i ? [wbr(), { type: 'text', value }] : [{ type: 'text', value }]))
  })
}
