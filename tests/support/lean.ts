import type { Env } from '../../lib/config.ts'
import type { Runtime } from '../../lib/lambda/runtime.ts'
import type { TestRuntime } from './runtime.ts'
import { dynamoDbUrl, LOCAL_ENV } from './table.ts'

/** What functions without the SDK have, on the table, the secrets and the clock of a test. */
export function lean<Of extends object>(
  test: TestRuntime,
  createRuntime: (env: Env) => Of,
): Of & Pick<Runtime, 'clock' | 'log' | 'metrics'> {
  const { clock, corsOrigins, log, metrics, secretIds } = test.runtime
  const created = createRuntime({
    ...LOCAL_ENV,
    AWS_ENDPOINT_URL_DYNAMODB: dynamoDbUrl(),
    AWS_ENDPOINT_URL_SECRETS_MANAGER: test.secretsManager.url,
    TABLE_NAME: test.table,
    CORS_ORIGINS: corsOrigins.join(','),
    MASTER_KEYS_SECRET: secretIds.masterKeys,
    OLDER_MASTER_KEYS_SECRET: secretIds.olderMasterKeys,
    PEPPER_SECRET: secretIds.pepper,
    ADMIN_TOKEN_SECRET: secretIds.adminToken,
    SIGNING_KEYS_SECRET: secretIds.signingKeys,
  })
  return { ...created, clock, log, metrics }
}
