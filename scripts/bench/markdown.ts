import type { Spread } from './figures.ts'

/** A table whose columns are as wide as what is in them; the first is text and the others are figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    `| ${cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return column === 0 ? cell.padEnd(width) : cell.padStart(width)
      })
      .join(' | ')} |`
  const rule = widths.map((width, column) => (column === 0 ? '' : ':').padStart(width, '-'))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}

/** Three digits that count. */
export const figure = (value: number) =>
  Math.abs(value) >= 100
    ? Math.round(value).toLocaleString('en')
    : value.toLocaleString('en', { maximumSignificantDigits: 3, minimumSignificantDigits: 1 })

/** A median, and between what eight in ten of the runs are. */
export const spread = ({ median, p10, p90 }: Spread, unit = '') =>
  `${figure(median)}${unit} (${figure(p10)}–${figure(p90)})`

export const kilobytes = (bytes: number) => `${figure(bytes / 1000)} KB`

/** What a goal says of a figure. */
export const against = (isMet: boolean) => (isMet ? 'met' : '**not met**')
