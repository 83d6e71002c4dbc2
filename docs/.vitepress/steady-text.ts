// Text must not move once it is there. VitePress swaps its font in whenever it has come, and lines break anew; here a font that comes
// late waits for the next page.

import type { Plugin } from 'vite'

export function steadyText(): Plugin {
  return {
    name: 'steady-text',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('theme-default/styles/fonts.css')) return
      if (!code.includes('font-display: swap')) this.error(`${id} no longer says how fonts are displayed`)
      return { code: code.replaceAll('font-display: swap', 'font-display: optional'), map: null }
    },
  }
}
