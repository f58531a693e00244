import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import { catalogQuery } from '../../api/queries.ts'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field, Select } from '../../components/Fields.tsx'
import { describeState } from '../../labels/states.ts'
import { containsKey, findCompleteKey, type ListSearch, STATES, WITHIN_DAYS } from './search.ts'

const PAUSE_MS = 250

interface FiltersProps {
  readonly search: ListSearch
  readonly onChange: (changes: Partial<ListSearch>) => void
}

/** What the list is asked for. It stands in the URL, except for a license key, which leads to its license. */
export function Filters({ search, onChange }: FiltersProps) {
  const { data: catalog } = useQuery(catalogQuery())
  const [typed, setTyped] = useState(search.q ?? '')
  const pause = useRef<ReturnType<typeof setTimeout>>(undefined)
  const navigate = useNavigate()
  const router = useRouter()
  const lookup = useMutation({
    mutationFn: (license: string) =>
      dataOf(api.POST('/api/admin/licenses/lookup', { body: { license } })),
    onSuccess: ({ id }) => navigate({ to: '/licenses/$id', params: { id } }),
  })
  const isKey = containsKey(typed, catalog?.prefix)

  // The URL may change without this field, by Back or by a link.
  useEffect(() => {
    setTyped((own) =>
      own.trim() === (search.q ?? '') || containsKey(own, undefined) ? own : (search.q ?? ''),
    )
  }, [search.q])
  useEffect(() => () => clearTimeout(pause.current), [])

  const type = (text: string) => {
    setTyped(text)
    lookup.reset()
    clearTimeout(pause.current)
    const { pathname } = router.latestLocation
    pause.current = setTimeout(() => {
      // Whoever chose a license meanwhile is on the way there.
      if (router.latestLocation.pathname !== pathname) return
      const trimmed = text.trim()
      const key = findCompleteKey(trimmed)
      if (!containsKey(trimmed, catalog?.prefix))
        onChange({ q: trimmed === '' ? undefined : trimmed })
      else if (key !== undefined) lookup.mutate(key)
    }, PAUSE_MS)
  }

  const isUnknown = lookup.error instanceof ApiError && lookup.error.details.status === 404
  return (
    <search className="filters">
      <Field
        label="Search"
        type="search"
        value={typed}
        onChange={type}
        maxLength={256}
        hint={
          isKey
            ? lookup.isPending
              ? 'Looking for the license of this key …'
              : 'A license key: once it is whole, its license is shown. It is not put into the address.'
            : 'The beginning of an e-mail address or user id; a whole id; or a license key'
        }
        fault={isUnknown ? 'There is no license of this key. Is it whole?' : undefined}
      />
      <Select
        label="State"
        value={search.state ?? ''}
        onChange={(value) => onChange({ state: STATES.find((state) => state === value) })}
        options={[
          { value: '', label: 'Any state' },
          ...STATES.map((value) => ({ value, label: describeState(value).label })),
        ]}
      />
      <Select
        label="Tier"
        value={search.tier ?? ''}
        onChange={(value) => onChange({ tier: value === '' ? undefined : value })}
        options={[
          { value: '', label: 'Any tier' },
          ...tierOptions(catalog?.tiers ?? [], search.tier),
        ]}
      />
      <Select
        label="Expiring"
        value={search.q === undefined ? `${search.within ?? ''}` : ''}
        isDisabled={search.q !== undefined}
        onChange={(value) => onChange({ within: WITHIN_DAYS.find((days) => `${days}` === value) })}
        options={[
          { value: '', label: 'Whenever' },
          ...WITHIN_DAYS.map((days) => ({ value: `${days}`, label: `Within ${days} days` })),
        ]}
      />
      {lookup.error && !isUnknown && (
        <ErrorMessage
          error={lookup.error}
          what="The key could not be looked up."
          onRetry={() => lookup.mutate(findCompleteKey(typed) ?? '')}
        />
      )}
    </search>
  )
}

/** Those of the catalog, and one that is asked for and not in it any more. */
function tierOptions(tiers: readonly { name: string; label: string }[], asked: string | undefined) {
  const known = tiers.map(({ name, label }) => ({ value: name, label }))
  const isKnown = asked === undefined || known.some(({ value }) => value === asked)
  return isKnown ? known : [...known, { value: asked, label: asked }]
}
