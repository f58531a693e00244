/** Holds what was deployed against the template that it was deployed from. */

import type { Made } from './moto.ts'
import { readTemplate, type Template, UNKNOWN } from './template.ts'

/** What stands for the place where the rehearsal is. */
const PLACE = {
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::URLSuffix': 'amazonaws.com',
}

/** What moto can make, and must, as the template says. Of all else it is said when it is not. */
const ESSENTIAL: Readonly<Record<string, readonly string[]>> = {
  'AWS::DynamoDB::Table': [
    'TableName',
    'KeySchema',
    'AttributeDefinitions',
    'GlobalSecondaryIndexes',
    'BillingMode',
    'StreamSpecification',
  ],
  'AWS::IAM::Role': ['AssumeRolePolicyDocument'],
  'AWS::Lambda::EventSourceMapping': ['EventSourceArn', 'FunctionName', 'StartingPosition'],
  'AWS::Lambda::Function': [
    'FunctionName',
    'Runtime',
    'Handler',
    'Role',
    'MemorySize',
    'Timeout',
    'CodeSha256',
  ],
  'AWS::Logs::LogGroup': ['LogGroupName', 'RetentionInDays'],
  'AWS::SNS::Topic': ['TopicName'],
  'AWS::SQS::Queue': ['QueueName', 'MessageRetentionPeriod'],
}

/** Where the code comes from is not to be seen afterwards; that it is the code is. */
const NOT_TO_BE_SEEN: Readonly<Record<string, readonly string[]>> = {
  'AWS::Lambda::Function': ['Code'],
}

export interface Compared {
  /** By type: how many there are to be, are, and were read. */
  readonly types: ReadonlyMap<string, Counts>
  /** By type: settings that are not as the template says, and how often. */
  readonly otherwise: ReadonlyMap<string, ReadonlyMap<string, number>>
  /** Resources that are not to be made, and the condition that leaves them out. */
  readonly leftOut: ReadonlyMap<string, string>
  /** What must be as the template says, and is not. */
  readonly faults: readonly string[]
}

interface Counts {
  readonly wanted: number
  readonly made: number
  readonly read: number
}

/** @param hashes of each function's code, by the name of the function in the template */
export function compare(
  template: Template,
  made: readonly Made[],
  hashes: ReadonlyMap<string, string>,
  place: Readonly<{ region: string; stack: string }>,
): Compared {
  const byName = new Map(made.map((each) => [each.name, each]))
  const { value, isMet } = readTemplate(
    template,
    new Map([
      ...Object.entries(PLACE),
      ['AWS::Region', place.region],
      ['AWS::StackName', place.stack],
      ...made.map(({ name, id }): [string, string] => [name, id]),
    ]),
  )
  const types = new Map<string, Counts>()
  const otherwise = new Map<string, Map<string, number>>()
  const leftOut = new Map<string, string>()
  const faults: string[] = []

  for (const [name, { Type, Condition, Properties = {} }] of Object.entries(template.Resources)) {
    if (Condition !== undefined && !isMet(Condition)) {
      leftOut.set(name, Condition)
      continue
    }
    const found = byName.get(name)
    const { wanted, made: there, read } = types.get(Type) ?? { wanted: 0, made: 0, read: 0 }
    types.set(Type, {
      wanted: wanted + 1,
      made: there + (found ? 1 : 0),
      read: read + (found?.properties ? 1 : 0),
    })
    if (!found && Type in ESSENTIAL) faults.push(`${name} was not made`)
    if (!found?.properties) continue
    const hash = hashes.get(name)
    const said = value({ ...Properties, ...(hash === undefined ? {} : { CodeSha256: hash }) })
    for (const path of differences(said, found.properties)) {
      const [setting = ''] = path.split('.')
      if (NOT_TO_BE_SEEN[Type]?.includes(setting)) continue
      if (ESSENTIAL[Type]?.includes(setting)) {
        faults.push(`${name}: ${path} is ${JSON.stringify(found.properties[setting])}`)
      } else {
        const settings = otherwise.get(Type) ?? new Map<string, number>()
        otherwise.set(Type, settings.set(path, (settings.get(path) ?? 0) + 1))
      }
    }
  }
  return { types, otherwise, leftOut, faults }
}

/** The paths at which something is not as it was said. More than was said does not matter, nor does the order. */
function differences(said: unknown, is: unknown, path: readonly string[] = []): string[] {
  if (isObject(said) && isObject(is)) {
    return Object.entries(said).flatMap(([name, inner]) =>
      inner === undefined ? [] : differences(inner, is[name], [...path, name]),
    )
  }
  return agrees(said, is) ? [] : [path.join('.')]
}

function agrees(said: unknown, is: unknown): boolean {
  if (said === UNKNOWN) return false
  if (said instanceof RegExp) return typeof is === 'string' && said.test(is)
  if (typeof said === 'object' && said !== null && typeof is === 'string') {
    return is.startsWith('{') && agrees(said, JSON.parse(is))
  }
  if (Array.isArray(said)) {
    const there = [is].flat()
    return said.every((each) => there.some((one) => agrees(each, one)))
  }
  if (isObject(said)) return isObject(is) && differences(said, is).length === 0
  return String(said) === String(is)
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp)
