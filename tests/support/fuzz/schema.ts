import fc from 'fast-check'
import * as z from 'zod/mini'

/** Generators by field name, for fields whose type alone is not enough. */
export type Known = Readonly<Record<string, fc.Arbitrary<unknown>>>

interface Json {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Json[]
  readonly properties?: Readonly<Record<string, Json>>
  readonly required?: readonly string[]
  readonly items?: Json
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly minimum?: number
  readonly maximum?: number
}

const LONGEST = 40
const MOST_ITEMS = 5

/** Generates values that a schema accepts. The schemas of the routes are used, so that a new field is covered at once. */
export const fitting = (schema: z.ZodMiniType, known: Known): fc.Arbitrary<unknown> =>
  ofJson(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json, known)

function ofJson(schema: Json, known: Known): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map((one) => ofJson(one, known)))
  const { minimum = 0, maximum = 100_000 } = schema
  switch (schema.type) {
    case 'object':
      return ofObject(schema, known)
    case 'array': {
      const { minItems: minLength = 0, items = {} } = schema
      return fc.array(ofJson(items, known), { minLength, maxLength: MOST_ITEMS })
    }
    case 'string':
      return ofText(schema)
    case 'integer':
      return fc.integer({ min: minimum, max: Math.min(maximum, 100_000) })
    case 'number':
      return fc.double({ min: minimum, max: maximum, noNaN: true })
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      return fc.jsonValue()
  }
}

function ofObject({ properties = {}, required = [] }: Json, known: Known) {
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [
      name,
      known[name] ?? ofJson(schema, known),
    ]),
  )
  // JSON has no objects without a prototype.
  return fc.record(model, { requiredKeys: [...required], noNullPrototype: true })
}

function ofText({ pattern, minLength = 0, maxLength = LONGEST }: Json) {
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern))
  return fc
    .string({
      unit: 'grapheme',
      minLength,
      maxLength: Math.max(minLength, Math.min(maxLength, LONGEST)),
    })
    .filter((text) => text.length >= minLength && text.length <= maxLength)
}
