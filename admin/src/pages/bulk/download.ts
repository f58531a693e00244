/** Without a byte order mark, spreadsheets read the file in a legacy encoding. */
const UTF8_BOM = '\uFEFF'

/** Saves CSV text as a file of the user. */
export function downloadCsv(name: string, text: string) {
  const url = URL.createObjectURL(new Blob([UTF8_BOM, text], { type: 'text/csv;charset=utf-8' }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 0)
}
