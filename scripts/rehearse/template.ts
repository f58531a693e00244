/** Reads a CloudFormation template: what is to be made by it, and what its functions come to. */

import { isDeepStrictEqual } from 'node:util'

interface Resource {
  readonly Type: string
  readonly Condition?: string
  readonly DeletionPolicy?: string
  readonly Properties?: Readonly<Record<string, unknown>>
}

export interface Template {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string | number }>>
  readonly Conditions?: Readonly<Record<string, unknown>>
  readonly Resources: Readonly<Record<string, Resource>>
}

/** What a function comes to that can only be known once it is deployed. */
export const UNKNOWN = Symbol('unknown')

// Each function has an argument of its own shape; the template was taken by cfn-lint.
// biome-ignore lint/suspicious/noExplicitAny: see above.
type Evaluate = (argument: any) => unknown

/** @param ids what each resource is called where it is deployed, and what pseudo parameters stand for */
export function readTemplate(template: Template, ids: ReadonlyMap<string, string>) {
  // `serverless` gives none, so each is what it is by default.
  const parameters = new Map(
    Object.entries(template.Parameters ?? {}).map(([name, { Default }]) => [name, Default]),
  )
  const isMet = (name: string): boolean => value(template.Conditions?.[name]) === true

  /** A value without functions: texts of which a part is unknown become patterns. */
  function value(of: unknown): unknown {
    if (Array.isArray(of)) return of.map(value).filter((each) => each !== undefined)
    if (typeof of !== 'object' || of === null) return of
    const [[name = '', argument] = [], ...more] = Object.entries(of)
    const known = more.length === 0 ? FUNCTIONS[name] : undefined
    if (known) return known(argument)
    return Object.fromEntries(Object.entries(of).map(([each, inner]) => [each, value(inner)]))
  }

  const list = (of: unknown) => (value(of) as unknown[]) ?? []
  const text = (of: string, own: Readonly<Record<string, unknown>>) =>
    joined(
      of.split(/(\$\{[^}]+\})/).map((part) => {
        const inner = /^\$\{([^!][^}]*)\}$/.exec(part)?.[1]
        if (inner === undefined) return part.replace('${!', '${')
        if (inner in own) return value(own[inner])
        const [name = '', ...attribute] = inner.split('.')
        return attribute.length > 0 ? attributeOf(name) : reference(name)
      }),
    )
  const reference = (name: string) =>
    name === 'AWS::NoValue' ? undefined : (ids.get(name) ?? parameters.get(name) ?? UNKNOWN)
  /** An ARN, a name or an address: they have in them what the resource is called. */
  function attributeOf(name: string) {
    const id = ids.get(name)
    return id === undefined ? UNKNOWN : new RegExp(literally(id.split('/').at(-1) ?? id))
  }

  const FUNCTIONS: Readonly<Record<string, Evaluate>> = {
    Ref: reference,
    Condition: isMet,
    'Fn::GetAtt': (argument: string | string[]) => attributeOf([argument].flat()[0] ?? ''),
    'Fn::Sub': (argument: string | [string, Readonly<Record<string, unknown>>]) =>
      typeof argument === 'string' ? text(argument, {}) : text(...argument),
    'Fn::Join': ([between, parts]: [string, unknown]) =>
      joined(list(parts).flatMap((part, index) => (index > 0 ? [between, part] : [part]))),
    'Fn::If': ([name, met, otherwise]: [string, unknown, unknown]) =>
      value(isMet(name) ? met : otherwise),
    'Fn::Equals': (both: unknown) => isDeepStrictEqual(list(both)[0], list(both)[1]),
    'Fn::Not': (argument: unknown) => list(argument)[0] !== true,
    'Fn::And': (argument: unknown) => list(argument).every((each) => each === true),
    'Fn::Or': (argument: unknown) => list(argument).some((each) => each === true),
  }

  return { value, isMet }
}

function joined(parts: readonly unknown[]): string | RegExp | typeof UNKNOWN {
  if (parts.includes(UNKNOWN)) return UNKNOWN
  if (!parts.some((part) => part instanceof RegExp)) return parts.join('')
  const sources = parts.map((part) =>
    part instanceof RegExp ? `.*${part.source}.*` : literally(String(part)),
  )
  return new RegExp(`^${sources.join('')}$`)
}

const literally = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
