/** Initial values of the form, from a link of another page. */
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
