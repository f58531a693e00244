import type { Token, TokenStore } from '../access/token.ts'
import { INDEXES, type Item, LISTED } from './item.ts'
import { ConditionFailed, indexQuery, type Table } from './table.ts'

const SORT_KEY = 'TOKEN'

const tokenKey = (id: string) => ({ pk: `TOKEN#${id}`, sk: SORT_KEY })

/** Omits null attributes, which index keys cannot be. */
function toTokenItem({ id, ...token }: Token): Item {
  const present = Object.entries(token).filter(([, value]) => value !== null)
  return { ...tokenKey(id), id, listed: LISTED.token, ...Object.fromEntries(present) }
}

function fromTokenItem({ pk: _pk, sk: _sk, listed: _listed, ...token }: Item): Token {
  return { expiresAt: null, revokedAt: null, lastUsedAt: null, ...token } as unknown as Token
}

/** API tokens in the table of the licenses. */
export function createTokenStore(table: Table): TokenStore {
  /** Returns undefined if the condition fails. */
  async function update(id: string, expression: string, condition: string, values: Item) {
    try {
      const item = await table.update({
        Key: tokenKey(id),
        UpdateExpression: expression,
        ConditionExpression: condition,
        ExpressionAttributeValues: values,
        ReturnValues: 'ALL_NEW',
      })
      return fromTokenItem(item)
    } catch (error) {
      if (error instanceof ConditionFailed) return
      throw error
    }
  }

  return {
    async find(id) {
      const [item] = await table.read([tokenKey(id)])
      return item && fromTokenItem(item)
    },

    add: (token) => table.create(toTokenItem(token)),

    revoke: (id, at) =>
      update(id, 'SET revokedAt = if_not_exists(revokedAt, :at)', 'attribute_exists(pk)', {
        ':at': at,
      }),

    async used(id, at, before) {
      await update(
        id,
        'SET lastUsedAt = :at',
        'attribute_exists(pk) AND (attribute_not_exists(lastUsedAt) OR lastUsedAt <= :before)',
        { ':at': at, ':before': before },
      )
    },

    async list(limit, after) {
      const position = after && { key: tokenKey(after.id), at: after.createdAt }
      const items = await table.queryAll(
        indexQuery(INDEXES.creation, LISTED.token, position),
        limit,
        ({ sk }) => sk === SORT_KEY,
      )
      return items.map(fromTokenItem)
    },
  }
}
