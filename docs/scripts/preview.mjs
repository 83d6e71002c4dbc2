import { serve } from './serve.mjs'

const { url } = await serve('/', 4173)
console.log(url)
