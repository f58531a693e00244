import { describe, expect, it } from '@jest/globals'
import {
  formatPosition,
  listSources,
  type Piece,
  parseSource,
  readSource,
} from '../support/source.ts'

const FOLDERS = ['lib', 'functions', 'scripts', 'admin', 'clients', 'resources', 'serverless.yml']

const OPENING = /^(?:What|Whether|How|Who(?:se|m)?)\b/
const WORDS =
  /\b(?:nobody|somebody|anybody|whoever|whom|told|mend(?:s|ed)?|kept\s+aside|(?:made\s+)?anew)\b/gi

/** Removes comment marks and line breaks, so that a phrase is found across lines. Keeps the length. */
const toProse = (comment: string) =>
  comment.replace(/^(?:\/\*\*?|\/\/+|#+)|\*+\/$|\n[ \t]*(?:\*|\/\/+|#+)?/g, (mark) =>
    ' '.repeat(mark.length),
  )

/** Splits a style sheet or YAML file. YAML values count as texts, since descriptions are among them. */
function parseOther(path: string, source: string): { comments: Piece[]; texts: Piece[] } {
  const isCss = path.endsWith('.css')
  const tokens = isCss
    ? /"[^"\n]*"|'[^'\n]*'|(\/\*[\s\S]*?\*\/)/g
    : /"(?:\\.|[^"\\])*"|(?<![^\s[{,:])'(?:''|[^'])*'|((?<=^[ \t]*)#.*(?:\n[ \t]*#.*)*|(?<=\s)#.*)/gm
  const comments = [...source.matchAll(tokens)].flatMap(({ 1: text, index }) =>
    text === undefined ? [] : [{ text, offset: index }],
  )
  return { comments, texts: isCss ? [] : [{ text: source, offset: 0 }] }
}

/** Returns `path:line: text` for each comment or text that breaks a rule. */
function findFaults(path: string, source: string): string[] {
  const { comments, texts } = /\.(?:css|yml)$/.test(path)
    ? parseOther(path, source)
    : parseSource(path, source)
  const at = (offset: number, text: string) => `${formatPosition(path, source, offset)}: ${text}`
  const openings = comments.flatMap(({ text, offset }) => {
    const [word] = OPENING.exec(toProse(text).trim()) ?? []
    return word === undefined ? [] : [at(offset, `opens with ${word}`)]
  })
  const words = [...comments, ...texts].flatMap(({ text, offset }) =>
    [...toProse(text).matchAll(WORDS)].map(({ 0: word, index }) =>
      at(offset + index, word.toLowerCase().replace(/\s+/g, ' ')),
    ),
  )
  return [...new Set([...openings, ...words])]
}

describe('the language of comments and texts', () => {
  const paths = listSources(FOLDERS, /\.(?:tsx?|mjs|css|yml)$/)

  it('covers every folder', () => {
    expect(paths).toEqual(
      expect.arrayContaining([
        'lib/config.ts',
        'functions/verify.ts',
        'admin/src/main.tsx',
        'admin/src/styles/base.css',
        'resources/roles.yml',
      ]),
    )
  })

  it('is plain', () => {
    const faults = paths.flatMap((path) => findFaults(path, readSource(path)))
    expect(faults).toEqual([])
  })
})

describe('the search for words', () => {
  it.each<[path: string, source: string, faults: string[]]>([
    ['a.ts', '/** What a caller sends. */\nconst a = 1', ['a.ts:1: opens with What']],
    ['a.ts', 'const a = 1 // Whether it works.', ['a.ts:1: opens with Whether']],
    ['a.ts', 'const a = [\n  // How many.\n]', ['a.ts:2: opens with How']],
    ['a.ts', '{\n  /*\n   * Who calls.\n   */\n}', ['a.ts:2: opens with Who']],
    ['a.ts', '// Whose key it is.\n// What is next.\n', ['a.ts:1: opens with Whose']],
    ['a.ts', '/** Returns what a caller sends. */', []],
    ['a.ts', 'const a = /[/*]/g, b = `// What /* How */`', []],
    ['a.ts', '// The key is kept\n// aside.', ['a.ts:1: kept aside']],
    ['a.ts', "import a from './told.ts'\nfoo('Nobody has it')", ['a.ts:2: nobody']],
    ['a.ts', 'const told = `a\n is told`', ['a.ts:2: told']],
    [
      'a.tsx',
      '<p title="Whoever">// To whom {a} somebody</p>',
      ['a.tsx:1: whoever', 'a.tsx:1: whom', 'a.tsx:1: somebody'],
    ],
    ['a.mjs', "export * from './anybody.mjs' // made anew", ['a.mjs:1: made anew']],
    [
      'a.css',
      'a { content: "/* told" }\n/* Whom it\n mends */',
      ['a.css:2: opens with Whom', 'a.css:2: whom', 'a.css:3: mends'],
    ],
    [
      'a.yml',
      "a: 'b # How'\nb: 1 # How many\n# What\n",
      ['a.yml:2: opens with How', 'a.yml:3: opens with What'],
    ],
    ['a.yml', 'Description: It is told\n  # aside', ['a.yml:1: told']],
  ])('in %s with %j finds %j', (path, source, faults) => {
    expect(findFaults(path, source)).toEqual(faults)
  })
})
