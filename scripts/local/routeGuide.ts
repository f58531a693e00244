interface Addresses {
  readonly api: string
  readonly documentation: string
  readonly inbox: string
  readonly dynamoDb: string
}

/** Formats the output of `npm start`: addresses, and a command to try each route. The README shows the same commands. */
export function formatRouteGuide(
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
  sent emails            ${inbox}
  DynamoDB Local         ${dynamoDb}, data in ${data}

GET /health
  curl ${url}/health

POST /api/generate
  curl -X POST ${url}/api/generate -H "Content-Type: application/json" -H "Authorization: Bearer dev_admin_token" -d '{"userId":"user_123","userEmail":"user@example.com","tier":"pro","duration":30}'

POST /api/verify (with the license from the generate response)
  curl -X POST ${url}/api/verify -H "Content-Type: application/json" -d '{"license":"QF-PRO-xxxxxxxxxxxx-1234567890"}'

POST /api/activate, /api/deactivate, /api/devices (the same)
  curl -X POST ${url}/api/activate -H "Content-Type: application/json" -d '{"license":"QF-PRO-xxxxxxxxxxxx-1234567890","deviceId":"my-computer","name":"My computer"}'

POST /api/recover (emails the keys of an address to it)
  curl -X POST ${url}/api/recover -H "Content-Type: application/json" -d '{"email":"user@example.com"}'

GET /.well-known/jwks.json, /.well-known/revocations.jwt (to verify signed responses)
  curl ${url}/.well-known/jwks.json

OPTIONS /api/*
  curl -i -X OPTIONS ${url}/api/verify -H "Origin: http://localhost:5173" -H "Access-Control-Request-Method: POST" -H "Access-Control-Request-Headers: content-type"

POST /webhooks/stripe (with Stripe's signature)
  body='${SAMPLE_EVENT}'; t=$(date +%s); curl -X POST ${url}/webhooks/stripe -H "Stripe-Signature: t=$t,v1=$(printf '%s' "$t.$body" | openssl dgst -sha256 -hmac whsec_dev | sed 's/.* //')" -d "$body"

GET and POST /api/admin/... (see the API documentation)
  curl ${url}/api/admin/licenses -H "Authorization: Bearer dev_admin_token"

From the command line, in another terminal
  npm run cli -- --url ${url} --token dev_admin_token list
  npm run stripe:send -- --url ${url} --scenario life

Press Ctrl-C to stop.
`
}

/** A paid one-time purchase, reduced to the fields that the webhook reads. */
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
