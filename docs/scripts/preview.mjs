import { serve } from './serve.mjs'

try {
  const { url } = await serve('/', 4173)
  console.log(url)
} catch (error) {
  console.error(error.message) // no site, or the port is taken
  process.exitCode = 1
}
