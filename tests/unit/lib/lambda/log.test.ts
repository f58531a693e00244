import { describe, expect, it, jest } from '@jest/globals'
import { createLog } from '../../../../lib/lambda/log.ts'

describe('the log', () => {
  it.each(['info', 'warn', 'error'] as const)('writes %s as one JSON object per line', (level) => {
    const written: string[] = []
    const stream = level === 'info' ? process.stdout : process.stderr
    const writer = jest
      .spyOn(stream, 'write')
      .mockImplementation((line) => Boolean(written.push(`${line}`)))
    process.env['POWERTOOLS_SERVICE_NAME'] = 'license-authority-test'
    const log = createLog()
    log[level]('something happened', { licenseId: 'lic_1' })
    log[level]('something else')
    writer.mockRestore()
    expect(written).toHaveLength(2)
    expect(JSON.parse(written[0] ?? '')).toMatchObject({
      level: level.toUpperCase(),
      message: 'something happened',
      service: 'license-authority-test',
      licenseId: 'lic_1',
    })
    expect(written[0]).toMatch(/^\{.*\}\n$/)
  })
})
