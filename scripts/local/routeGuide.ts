interface Addresses {
  readonly api: string
  readonly documentation: string
  readonly inbox: string
  readonly dynamoDb: string
}

/** What `npm start` prints: every route with a line to try it. README shows the same lines. */
export function routeGuide(
  { api: url, documentation, inbox, dynamoDb }: Addresses,
  data: string,
): string {
  return `
License Authority runs on ${url}

  admin panel            ${url}/admin, sign in with the API token
  API token              dev_admin_token
  Stripe webhook secret  whsec_dev
  master key             dev_master_key
  API documentation      ${documentation}
  sent mails             ${inbox}
  DynamoDB Local         ${dynamoDb}, data in ${data}

GET /health
  curl ${url}/health

POST /api/generate
  curl -X POST ${url}/api/generate -H "Content-Type: application/json" -H "Authorization: Bearer dev_admin_token" -d '{"userId":"user_123","userEmail":"user@example.com","tier":"pro","duration":30}'

POST /api/verify (put in the license that generate answered)
  curl -X POST ${url}/api/verify -H "Content-Type: application/json" -d '{"license":"QF-PRO-xxxxxxxxxxxx-1234567890"}'

POST /api/activate, /api/deactivate, /api/devices (the same)
  curl -X POST ${url}/api/activate -H "Content-Type: application/json" -d '{"license":"QF-PRO-xxxxxxxxxxxx-1234567890","deviceId":"my-computer","name":"My computer"}'

POST /api/recover (mails the keys of an address to it)
  curl -X POST ${url}/api/recover -H "Content-Type: application/json" -d '{"email":"user@example.com"}'

GET /.well-known/jwks.json, /.well-known/revocations.jwt (for who checks signed answers)
  curl ${url}/.well-known/jwks.json

OPTIONS /api/*
  curl -i -X OPTIONS ${url}/api/verify -H "Origin: http://localhost:5173" -H "Access-Control-Request-Method: POST" -H "Access-Control-Request-Headers: content-type"

POST /webhooks/stripe (signed as Stripe signs)
  body='${SAMPLE_EVENT}'; t=$(date +%s); curl -X POST ${url}/webhooks/stripe -H "Stripe-Signature: t=$t,v1=$(printf '%s' "$t.$body" | openssl dgst -sha256 -hmac whsec_dev | sed 's/.* //')" -d "$body"

GET and POST /api/admin/... (all of them are in the API documentation)
  curl ${url}/api/admin/licenses -H "Authorization: Bearer dev_admin_token"

From the command line, in another terminal
  npm run cli -- --url ${url} --token dev_admin_token list
  npm run stripe:send -- --url ${url} --scenario life

Ctrl-C ends it.
`
}

/** A one-time purchase that was paid, with as much of Stripe's event as the webhook reads. */
const SAMPLE_EVENT = JSON.stringify({
  id: 'evt_sample',
  object: 'event',
  type: 'checkout.session.completed',
  data: {
    object: {
      id: 'cs_sample',
      object: 'checkout.session',
      mode: 'payment',
      payment_status: 'paid',
      payment_intent: 'pi_sample',
      customer_details: { email: 'user@example.com' },
      metadata: { userId: 'user_123', tier: 'pro' },
    },
  },
})
