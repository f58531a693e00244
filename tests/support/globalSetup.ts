import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { startDynamoDb } from '../../scripts/local/dynamodb.ts'
import { findJava } from '../../scripts/local/java.ts'
import type { Server } from '../../scripts/local/server.ts'
import { readService, type Service } from '../../scripts/local/service.ts'

const run = promisify(execFile)

declare global {
  var dynamoDb: Server | undefined
}

/** Starts one DynamoDB Local for all tests. Each test file creates its own tables from serverless.yml. */
export default async function globalSetup() {
  const [service, dynamoDb] = await Promise.all([
    readService(),
    findJava('.local').then((java) => startDynamoDb(java)),
    // Tests of the panel function use the built files.
    run(process.execPath, ['scripts/panel/build.ts']),
  ])
  globalThis.dynamoDb = dynamoDb
  process.env['TEST_DYNAMODB_URL'] = dynamoDb.url
  process.env['TEST_TABLE'] = JSON.stringify(service.resources.Resources.Table.Properties)
  process.env['TEST_ROUTES'] = JSON.stringify(listRoutes(service))
}

/** Returns each route of the gateway with the name of its function. */
const listRoutes = ({ functions }: Service) =>
  Object.entries(functions).flatMap(([name, { events }]) =>
    events.flatMap(({ httpApi }) => (httpApi === undefined ? [] : [[httpApi, name]])),
  )
