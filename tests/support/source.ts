import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ts } from '@ts-morph/common'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Lists the files of some folders that git tracks or would add, relative to the root. */
export function listSources(folders: readonly string[], ending: RegExp): readonly string[] {
  const options = ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders]
  const listed = execFileSync('git', options, { cwd: ROOT, encoding: 'utf8' })
  const deleted = execFileSync('git', ['ls-files', '--deleted'], { cwd: ROOT, encoding: 'utf8' })
  const missing = new Set(deleted.split('\n'))
  return listed.split('\n').filter((path) => ending.test(path) && !missing.has(path))
}

export const readSource = (path: string): string => readFileSync(`${ROOT}${path}`, 'utf8')

/** A comment, text or import specifier with its position in the file. */
export interface Piece {
  readonly text: string
  readonly offset: number
}

export interface ParsedSource {
  /** Block comments, and each run of line comments as one. */
  readonly comments: readonly Piece[]
  /** String and template literals and JSX text, without import specifiers. */
  readonly texts: readonly Piece[]
}

const LINE_COMMENTS = String.raw`\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*`
const COMMENTS = new RegExp(String.raw`\/\*[\s\S]*?\*\/|${LINE_COMMENTS}`, 'g')

/** Finds the specifiers of imports and re-exports, types and `import()` included. */
export const findImports = (source: string): readonly Piece[] =>
  ts
    .preProcessFile(source, true, true)
    .importedFiles.map(({ fileName, pos }) => ({ text: fileName, offset: pos }))

/** Parses TypeScript or JavaScript. Text between two tokens is white space and comments only. */
export function parseSource(path: string, source: string): ParsedSource {
  const kind = path.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  const file = ts.createSourceFile(path, source, ts.ScriptTarget.Latest, true, kind)
  const specifiers = new Set(findImports(source).map(({ offset }) => offset))
  const parsed = { comments: [] as Piece[], texts: [] as Piece[] }
  let end = 0

  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return
    const children = node.getChildren(file)
    for (const child of children) visit(child)
    if (children.length > 0) return
    const start = node.kind === ts.SyntaxKind.JsxText ? node.pos : node.getStart(file)
    for (const { 0: text, index } of source.slice(end, start).matchAll(COMMENTS)) {
      parsed.comments.push({ text, offset: end + index })
    }
    end = Math.max(end, node.end)
    const isText =
      ts.isLiteralExpression(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddleOrTemplateTail(node) ||
      ts.isJsxText(node)
    if (isText && !specifiers.has(start)) parsed.texts.push({ text: node.text, offset: start })
  }
  visit(file)
  return parsed
}

/** Returns `path:line` for a position in a file. */
export const formatPosition = (path: string, source: string, offset: number): string =>
  `${path}:${source.slice(0, offset).split('\n').length}`
