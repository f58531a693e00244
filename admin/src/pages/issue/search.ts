/** What a license is issued for, when another page leads here. Nothing in it is a secret. */
export interface IssueSearch {
  readonly payment?: string
  readonly email?: string
}

export function parseIssueSearch({
  payment,
  email,
}: Readonly<Record<string, unknown>>): IssueSearch {
  return {
    ...(typeof payment === 'string' && { payment }),
    ...(typeof email === 'string' && { email }),
  }
}
