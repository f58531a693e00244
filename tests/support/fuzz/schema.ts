import fc from 'fast-check'
import * as z from 'zod/mini'

/** What may stand under a name, where the type alone says too little for it to be taken. */
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

/** Makes what a schema takes. Each route's own schema is the model of its requests, so a new field is tried at once. */
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
  // fast-check makes objects without a prototype of their own now and then; what is sent is JSON anyway.
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
