import { useMutation, useQuery } from '@tanstack/react-query'
import { useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { ApiError } from '../../api/apiError.ts'
import { api, dataOf } from '../../api/client.ts'
import { catalogQuery } from '../../api/queries.ts'
import { ErrorMessage } from '../../components/ErrorMessage.tsx'
import { Field, Select } from '../../components/Fields.tsx'
import { describeState } from '../../labels/states.ts'
import { tierOptions } from '../../labels/tiers.ts'
import { containsKey, findCompleteKey, type ListSearch, STATES, WITHIN_DAYS } from './search.ts'

const DEBOUNCE_MS = 250

interface FiltersProps {
  readonly search: ListSearch
  readonly onChange: (changes: Partial<ListSearch>) => void
}

/** The filters of the list, which the URL holds. A license key never gets into the URL but opens its license. */
export function Filters({ search, onChange }: FiltersProps) {
  const { data: catalog } = useQuery(catalogQuery())
  const [text, setText] = useState(search.q ?? '')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const navigate = useNavigate()
  const router = useRouter()
  const lookup = useMutation({
    mutationFn: (license: string) =>
      dataOf(api.POST('/api/admin/licenses/lookup', { body: { license } })),
    onSuccess: ({ id }) => navigate({ to: '/licenses/$id', params: { id } }),
  })

  // A link or the Back button changes the URL without this field.
  useEffect(() => {
    setText((text) =>
      text.trim() === (search.q ?? '') || containsKey(text, undefined) ? text : (search.q ?? ''),
    )
  }, [search.q])
  useEffect(() => () => clearTimeout(timer.current), [])

  const changeText = (next: string) => {
    setText(next)
    lookup.reset()
    clearTimeout(timer.current)
    const { pathname } = router.latestLocation
    timer.current = setTimeout(() => {
      // Do not interrupt a navigation to a license.
      if (router.latestLocation.pathname !== pathname) return
      const trimmed = next.trim()
      const key = findCompleteKey(trimmed)
      if (!containsKey(trimmed, catalog?.prefix)) onChange({ q: trimmed || undefined })
      else if (key !== undefined) lookup.mutate(key)
    }, DEBOUNCE_MS)
  }

  const isUnknown = lookup.error instanceof ApiError && lookup.error.details.status === 404
  return (
    <search className="filters">
      <Field
        label="Search"
        type="search"
        value={text}
        onChange={changeText}
        maxLength={256}
        hint={
          containsKey(text, catalog?.prefix)
            ? lookup.isPending
              ? 'Searching for the license key…'
              : 'Enter the complete license key to open its license. The key is not added to the URL.'
            : 'Start of an email or user ID, a complete ID, or a license key'
        }
        error={isUnknown ? 'No license has this key. Check that it is complete.' : undefined}
      />
      <Select
        label="State"
        value={search.state ?? ''}
        onChange={(value) => onChange({ state: STATES.find((state) => state === value) })}
        options={[
          { value: '', label: 'All states' },
          ...STATES.map((value) => ({ value, label: describeState(value).label })),
        ]}
      />
      <Select
        label="Tier"
        value={search.tier ?? ''}
        onChange={(value) => onChange({ tier: value === '' ? undefined : value })}
        options={[{ value: '', label: 'All tiers' }, ...tierOptions(catalog?.tiers, search.tier)]}
      />
      <Select
        label="Expires"
        value={search.q === undefined ? `${search.within ?? ''}` : ''}
        isDisabled={search.q !== undefined}
        onChange={(value) => onChange({ within: WITHIN_DAYS.find((days) => `${days}` === value) })}
        options={[
          { value: '', label: 'Any time' },
          ...WITHIN_DAYS.map((days) => ({ value: `${days}`, label: `Within ${days} days` })),
        ]}
      />
      {lookup.error && !isUnknown && (
        <ErrorMessage
          error={lookup.error}
          title="The license key could not be looked up."
          onRetry={() => lookup.mutate(findCompleteKey(text) ?? '')}
        />
      )}
    </search>
  )
}
