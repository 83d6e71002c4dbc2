// The standard files of a Go program in the page: the input has a given text, the output is collected, and the errors go to a
// terminal. On a terminal poolsim shows how far it is.

export interface Screen {
  printed(text: string): void
  progress(text: string): void
  complained(text: string): void
}

const newLine = '\r\x1b[K' // goes back to the beginning of the line, and clears it

type Back = (error: Error | null, value?: unknown) => void

export function files(screen: Screen, stdin = '') {
  let unread = new TextEncoder().encode(stdin)
  const decoders = new Map<number, TextDecoder>()

  function write(fd: number, bytes: Uint8Array): number {
    if (!decoders.has(fd)) decoders.set(fd, new TextDecoder())
    const text = decoders.get(fd)!.decode(bytes, { stream: true })
    if (fd === 1) screen.printed(text)
    else if (text.startsWith(newLine)) screen.progress(text.split(newLine).at(-1)!.trim())
    else screen.complained(text)
    return bytes.length
  }

  const missing = (code: string) => Object.assign(new Error(code), { code })
  return {
    constants: { O_WRONLY: -1, O_RDWR: -1, O_CREAT: -1, O_TRUNC: -1, O_APPEND: -1, O_EXCL: -1, O_DIRECTORY: -1 },
    writeSync: write,
    write(fd: number, bytes: Uint8Array, offset: number, length: number, _position: null, back: Back) {
      back(null, write(fd, bytes.subarray(offset, offset + length)))
    },
    fstat(fd: number, back: Back) {
      const device = fd === 2 ? 0o020000 : 0o010000 // a terminal, or a pipe
      const numbers = ['dev', 'ino', 'nlink', 'uid', 'gid', 'rdev', 'size', 'blksize', 'blocks', 'atimeMs', 'mtimeMs', 'ctimeMs']
      back(null, { ...Object.fromEntries(numbers.map((name) => [name, 0])), mode: device | 0o600 })
    },
    // There are no other files.
    open: (_path: string, _flags: number, _mode: number, back: Back) => back(missing('ENOENT')),
    read(_fd: number, bytes: Uint8Array, offset: number, length: number, _position: null, back: Back) {
      const part = unread.subarray(0, length)
      unread = unread.subarray(part.length)
      bytes.set(part, offset)
      back(null, part.length)
    },
    close: (_fd: number, back: Back) => back(null),
    fsync: (_fd: number, back: Back) => back(null),
  }
}
