import { Logger } from '@aws-lambda-powertools/logger'

/** One JSON object a line. Takes facts that are known to be safe: never a key, a token or a person. */
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
