/** The environment, typed. One function a setting, so that each Lambda asks only for what it uses. */

export type Env = Readonly<Record<string, string | undefined>>

/** @throws Error that names the variable which is missing. */
function required(env: Env, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}

export const tableName = (env: Env) => required(env, 'TABLE_NAME')

/** The origins whose pages may call `/api/*`. */
export const corsOrigins = (env: Env) => required(env, 'CORS_ORIGINS').split(/\s*,\s*/)

/** The name of this deployment, for the function that makes tokens of it. */
export const stage = (env: Env) => env['STAGE'] ?? ''

/** Whether this stage sells for real money: events of the other mode are none of its business. */
export const stripeLivemode = (env: Env) => env['STRIPE_LIVEMODE'] === 'true'

/** Where Stripe is, if not at its own address. */
export const stripeApiBase = (env: Env) => env['STRIPE_API_BASE'] || undefined

/** Whose address mails come from; without one, none is sent. */
export const mailFrom = (env: Env) => env['MAIL_FROM'] || undefined

/** By which SES tells what became of a mail. */
export const mailConfigurationSet = (env: Env) => env['MAIL_CONFIGURATION_SET'] || undefined

/** Whose the metrics are. Powertools calls the log of nobody so, too. */
export const serviceName = (env: Env) =>
  env['POWERTOOLS_SERVICE_NAME']?.trim() || 'service_undefined'

/** The name under which CloudWatch counts; none where there is no CloudWatch to ask. */
export const countedAs = (env: Env) =>
  env['ASK_CLOUDWATCH'] === 'true' ? required(env, 'POWERTOOLS_SERVICE_NAME') : undefined

const SECRET_VARIABLES = {
  masterKeys: 'MASTER_KEYS_SECRET',
  olderMasterKeys: 'OLDER_MASTER_KEYS_SECRET',
  pepper: 'PEPPER_SECRET',
  adminToken: 'ADMIN_TOKEN_SECRET',
  signingKeys: 'SIGNING_KEYS_SECRET',
  stripe: 'STRIPE_SECRET',
} as const

export type SecretName = keyof typeof SECRET_VARIABLES

/** The secrets this function was given: their names in Secrets Manager, never their values. */
export function secretIds(env: Env): Partial<Record<SecretName, string>> {
  return Object.fromEntries(
    Object.entries(SECRET_VARIABLES)
      .map(([name, variable]) => [name, env[variable]])
      .filter(([, id]) => id),
  )
}
