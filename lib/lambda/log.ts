import { Logger } from '@aws-lambda-powertools/logger'

/** Writes one JSON object per line. Takes only facts that are safe to log: no key, no token and no personal data. */
export interface Log {
  info(message: string, facts?: Record<string, unknown>): void
  warn(message: string, facts?: Record<string, unknown>): void
  error(message: string, facts?: Record<string, unknown>): void
}

export function createLog(): Log {
  const logger = new Logger()
  return {
    info: (message, facts = {}) => logger.info(message, facts),
    warn: (message, facts = {}) => logger.warn(message, facts),
    error: (message, facts = {}) => logger.error(message, facts),
  }
}
