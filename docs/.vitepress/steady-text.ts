// Text must not move after it is shown. VitePress uses its font as soon as the font is loaded, and lines break anew. Here a font that
// loads late is used from the next page on.

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
