import { existsSync, globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { Ajv } from 'ajv'
import { Command } from 'commander'
import { addLicenseCommands } from '../../scripts/cli/licenses.ts'
import { addOperations } from '../../scripts/cli/operations.ts'

const PROJECT = path.join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(PROJECT, file), 'utf8')

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md', 'clients/**/*.md'], {
  cwd: PROJECT,
  exclude: (name) => name.endsWith('node_modules'),
})
const TEXTS = DOCUMENTS.map((file) => [file, read(file)] as const)

const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(read('package.json')).scripts
const API: {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: object
} = JSON.parse(read('openapi.json'))

interface Operation {
  readonly requestBody?: {
    readonly content: { readonly 'application/json'?: { readonly schema: object } }
  }
}

const withoutCode = (text: string) => text.replace(/```[\s\S]*?```|`[^`\n]*`/g, '')

/** GitHub's rule for the anchors of headings. */
const toAnchor = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-')

const anchorsIn = (file: string) =>
  [
    ...read(file)
      .replace(/```[\s\S]*?```/g, '')
      .matchAll(/^#+ (.+)$/gm),
  ].map(([, heading = '']) => toAnchor(heading))

const links = TEXTS.flatMap(([file, text]) =>
  [...withoutCode(text).matchAll(/\]\((?!https?:|mailto:)([^)\s]+)\)/g)].map(
    ([, link = '']) => [file, link] as const,
  ),
)

/** The lines of shell examples, with continued lines joined. */
const commands = TEXTS.flatMap(([file, text]) =>
  [...text.matchAll(/```bash\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .replace(/\\\n\s*/g, ' ')
      .split('\n')
      .map((line) => [file, line.trim()] as const),
  ),
)

const npmCommands = TEXTS.flatMap(([file, text]) =>
  [...text.matchAll(/\bnpm (?:run (?:-s )?([\w:]+)|(start|test)\b)/g)].map(
    ([, script, alias]) => [file, script ?? alias ?? ''] as const,
  ),
)

const requests = TEXTS.flatMap(([file, text]) =>
  [
    ...text
      .replace(/\\\n\s*/g, ' ')
      .matchAll(
        /curl [^`]*?(?:localhost:8000|LICENSE_AUTHORITY_URL|licenses\.example\.com)[^`]*?(?=\n[^\s}]|\n\n|```|`)/g,
      ),
  ].map(([command]) => [file, command] as const),
)

const CLI = 'node scripts/cli/bin.mjs'

/** The arguments of each example of the command line, also by an alias in package.json. */
const cliCommands = commands.flatMap(([file, line]) => {
  const [, script = '', given = ''] = /\bnpm run (?:-s )?([\w:]+) -- (.+)$/.exec(line) ?? []
  const run: string = SCRIPTS[script] ?? ''
  if (!run.startsWith(CLI)) return []
  const args = given
    .replace(/"[^"]*"/g, 'text')
    .replace(/<[^<>]*…?>/g, 'value')
    .replace(/\s[#|<>].*$/, '')
  return [[file, `${run.slice(CLI.length)} ${args}`.trim()] as const]
})

const program = new Command('license-authority')
  .option('--url <url>')
  .option('--token <token>')
  .option('--json')
addLicenseCommands(program)
addOperations(program)

/** Returns the command that arguments select, and the names of the options that are given to it. */
function resolveCommand(args: string) {
  const words = args.split(/\s+/)
  let command: Command = program
  for (const word of words.filter((one) => !one.startsWith('-'))) {
    command = command.commands.find((one) => one.name() === word) ?? command
  }
  const options = words.filter((word) => /^--\w/.test(word)).map((word) => word.split('=')[0])
  return { command, options }
}

describe('the documents', () => {
  it('are found, with their links and commands', () => {
    expect(DOCUMENTS.length).toBeGreaterThan(15)
    expect(links.length).toBeGreaterThan(50)
    expect(npmCommands.length).toBeGreaterThan(30)
    expect(requests.length).toBeGreaterThan(4)
    expect(commands.length).toBeGreaterThan(50)
    expect(cliCommands.length).toBeGreaterThan(20)
  })

  it.each(links)('%s links to %s, which exists', (file, link) => {
    const [target = '', anchor] = link.split('#')
    const found = target === '' ? file : path.join(path.dirname(file), target)
    expect(existsSync(path.join(PROJECT, found))).toBe(true)
    if (anchor !== undefined) expect(anchorsIn(found)).toContain(anchor)
  })

  it.each(npmCommands)('%s names npm script %s, which exists', (_, script) => {
    expect(Object.keys(SCRIPTS)).toContain(script)
  })

  it.each(cliCommands)('%s shows a command that exists: %s', (_, args) => {
    const { command, options } = resolveCommand(args)
    expect(command !== program || args === '--help').toBe(true)
    const known = [...command.options, ...program.options].map(({ long }) => long)
    expect([...known, '--help']).toEqual(expect.arrayContaining(options))
  })

  it.each(requests)('%s shows a request that the API accepts: %s', (_, command) => {
    const pathname =
      /(?:localhost:8000|LICENSE_AUTHORITY_URL|example\.com)(\/[\w./-]+)/.exec(command)?.[1] ?? ''
    const method = /-X (\w+)/.exec(command)?.[1]?.toLowerCase() ?? 'get'
    const operation = API.paths[pathname]?.[method]
    expect([method, pathname, operation !== undefined]).toEqual([method, pathname, true])
    const data = /-d '([\s\S]+)'/.exec(command)?.[1]
    const schema = operation?.requestBody?.content['application/json']?.schema
    if (data === undefined || schema === undefined) return
    const ajv = new Ajv({ strict: false, validateFormats: false })
    const validate = ajv.compile({ ...schema, components: API.components })
    validate(JSON.parse(data))
    expect(validate.errors ?? []).toEqual([])
  })

  it('keep README short', () => {
    expect(read('README.md').split('\n').length).toBeLessThanOrEqual(201)
  })
})
