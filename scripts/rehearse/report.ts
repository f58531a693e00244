import type { Played } from './scenes.ts'

/** Prints what was checked, and all that was not. */
export function printReport({
  types,
  otherwise,
  leftOut,
  faults,
  stay,
  refused,
}: Played & { readonly refused: ReadonlySet<string> }): void {
  const sorted = [...types].toSorted(([one], [other]) => one.localeCompare(other))
  section(
    'Deployed and held against the template',
    sorted
      .filter(([, { read }]) => read > 0)
      .map(([type, { wanted, read }]) => row(type, `${read} of ${wanted}`)),
  )
  section(
    'Deployed, but moto was not asked for what they are',
    sorted
      .filter(([, { made, read }]) => made > read)
      .map(([type, { made, read }]) => row(type, `${made - read}`)),
  )
  section(
    'Not rehearsed: moto does not make them',
    sorted
      .filter(([, { wanted, made }]) => wanted > made)
      .map(([type, { wanted, made }]) => row(type, `${wanted - made} of ${wanted}`)),
  )
  section(
    'Not rehearsed: settings that moto leaves out, has otherwise, or that name what it does not make',
    [...otherwise].flatMap(([type, settings]) =>
      [...settings].map(([setting, times]) => row(`${type} ${setting}`, `${times}`)),
    ),
  )
  section(
    'Not rehearsed: left out by a condition, unless its --param is given',
    [...leftOut].map(([name, condition]) => row(name, condition)),
  )
  section('They stay on AWS when the stack is removed', stay)
  section('Somebody wanted to reach other machines, and could not', [...refused])
  section('Wrong', faults)
  console.log(faults.length > 0 ? '\nThe rehearsal failed.' : '\nThe rehearsal went well.')
}

function section(title: string, rows: readonly string[]): void {
  if (rows.length === 0) return
  console.log(`\n${title}`)
  for (const each of rows) console.log(`  ${each}`)
}

const row = (name: string, count: string) => `${name.padEnd(60)} ${count}`
