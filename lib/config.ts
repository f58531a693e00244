/** Typed access to the environment: one function per setting, so that each Lambda requires only the ones it uses. */

export type Env = Readonly<Record<string, string | undefined>>

/** @throws Error that names a missing variable */
function required(env: Env, name: string): string {
  const value = env[name]
  if (!value) throw new Error(`The environment variable ${name} is not set`)
  return value
}

export const tableName = (env: Env) => required(env, 'TABLE_NAME')

/** Returns the origins whose pages may call `/api/*`. */
export const corsOrigins = (env: Env) => required(env, 'CORS_ORIGINS').split(/\s*,\s*/)

/** Returns the name of this deployment, which is part of API tokens. */
export const stage = (env: Env) => env['STAGE'] ?? ''

/** Returns true if this stage accepts events of Stripe's live mode, false for test mode. */
export const stripeLivemode = (env: Env) => env['STRIPE_LIVEMODE'] === 'true'

/** Returns the address of Stripe's API, if not the default. */
export const stripeApiBase = (env: Env) => env['STRIPE_API_BASE'] || undefined

/** Returns the sender of emails. Without one, no email is sent. */
export const mailFrom = (env: Env) => env['MAIL_FROM'] || undefined

/** Returns the configuration set by which SES reports deliveries. */
export const mailConfigurationSet = (env: Env) => env['MAIL_CONFIGURATION_SET'] || undefined

/** Returns the service dimension of metrics. The default is that of Powertools. */
export const serviceName = (env: Env) =>
  env['POWERTOOLS_SERVICE_NAME']?.trim() || 'service_undefined'

/** Returns the service whose metrics CloudWatch has; undefined where there is no CloudWatch. */
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

/** Returns the names in Secrets Manager of the secrets that this function has access to. */
export function secretIds(env: Env): Partial<Record<SecretName, string>> {
  return Object.fromEntries(
    Object.entries(SECRET_VARIABLES)
      .map(([name, variable]) => [name, env[variable]])
      .filter(([, id]) => id),
  )
}
