// Numbers for people, as poolsim writes them in its own report (package sim/internal/figures): a figure of the page and one of the
// command can be compared letter by letter.

export function seconds(s: number | null): string {
  const size = Math.abs(s ?? Infinity)
  if (s === null || !Number.isFinite(s)) return 'never'
  if (s === 0) return '0'
  if (size < 0.9995e-6) return digits(s * 1e9) + 'ns'
  if (size < 0.9995e-3) return digits(s * 1e6) + 'µs'
  if (size < 0.9995) return digits(s * 1e3) + 'ms'
  if (size < 119.5) return digits(s) + 's'
  if (size < 7170) return digits(s / 60) + 'min'
  return digits(s / 3600) + 'h'
}

export function percent(share: number): string {
  const p = share * 100
  if (p === 0) return '0 %'
  if (p < 100 && p > 99.95) return '>99.9 %'
  if (p < 0.0005) return '<0.001 %'
  return digits(p) + ' %'
}

export function count(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

export function digits(x: number): string {
  if (x === 0) return '0'
  const before = Math.floor(Math.log10(Math.abs(x))) + 1
  const s = x.toFixed(Math.min(Math.max(3 - before, 0), 9))
  return s.includes('.') ? s.replace(/\.?0+$/, '') : s
}
