const CSV_TYPE = 'text/csv;charset=utf-8'

/** Without it, a spreadsheet takes the text for one of an older encoding. */
const UTF8_BOM = '\uFEFF'

/** Hands a text to the browser as a file. */
export function download(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([UTF8_BOM, text], { type: CSV_TYPE }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
