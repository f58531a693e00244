import fc from 'fast-check'

/** The address that several requests share. */
export const ONE_ADDRESS = '203.0.113.77'

/** Mostly a new address. */
export const anyAddress = fc.oneof(
  { weight: 1, arbitrary: fc.constant(ONE_ADDRESS) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff))
      .map((groups) => `2001:db8:${groups.map((group) => group.toString(16)).join(':')}::1`),
  },
)

const anyHeaderText = fc.oneof(
  fc.stringMatching(/^[\x20-\x7e\x80-\xff]{0,80}$/),
  fc.constantFrom('', ',', '__proto__', 'x'.repeat(1500), '%00', '"', 'null'),
)

/** The tokens for `Authorization`. */
export interface Tokens {
  readonly good: string
  /** With few scopes, with all, and a revoked one. */
  readonly others: readonly string[]
}

const anyCredentials = ({ good, others }: Tokens) =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...others).map((token) => `Bearer ${token}`) },
    {
      weight: 2,
      arbitrary: fc.stringMatching(/^la_test_[0-9A-Za-z]{43}$/).map((token) => `Bearer ${token}`),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '',
        'Bearer',
        'Bearer ',
        `bearer   ${good}`,
        `Basic ${good}`,
        good,
        `Bearer ${good},Bearer ${good}`,
        `Bearer ${good} `,
        'Bearer __proto__',
        `Bearer la_${'x'.repeat(1500)}`,
      ),
    },
    { weight: 1, arbitrary: anyHeaderText },
  )

/** Headers that replace valid ones. */
export const anyHeaders = (tokens: Tokens) =>
  fc.record(
    {
      authorization: anyCredentials(tokens),
      'content-type': fc.oneof(
        fc.constantFrom(
          'application/json; charset=utf-8',
          'Application/JSON',
          'text/plain',
          'application/x-www-form-urlencoded',
          'application/json-patch+json',
          'multipart/form-data; boundary=x',
          '',
        ),
        anyHeaderText,
      ),
      'idempotency-key': fc.oneof(
        fc.nat(50).map((number) => `fuzz-${number}`),
        anyHeaderText,
      ),
      'stripe-signature': fc.oneof(
        fc.constantFrom('t=1735689600,v1=', 't=,v1=00', 't=99999999999999999999,v1=00', 'v1=00'),
        anyHeaderText,
      ),
      origin: fc.oneof(
        fc.constantFrom('http://localhost:5173', 'null', 'https://evil.example'),
        anyHeaderText,
      ),
      'access-control-request-method': fc.constantFrom('POST', 'DELETE', 'x'),
      'x-forwarded-for': fc.constantFrom('203.0.113.9', '127.0.0.1', '2001:db8::9, 10.0.0.1'),
      cookie: anyHeaderText,
      accept: anyHeaderText,
    },
    { requiredKeys: [], noNullPrototype: true },
  )
