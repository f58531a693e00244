import { startDynamoDb } from '../../scripts/local/dynamodb.ts'
import { findJava } from '../../scripts/local/java.ts'
import type { Server } from '../../scripts/local/server.ts'
import { readService, type Service } from '../../scripts/local/service.ts'

declare global {
  var dynamoDb: Server | undefined
}

/** One DynamoDB Local for all tests. Each asks for tables of its own, made as serverless.yml defines them. */
export default async function globalSetup() {
  const [service, dynamoDb] = await Promise.all([
    readService(),
    findJava('.local').then((java) => startDynamoDb(java)),
  ])
  globalThis.dynamoDb = dynamoDb
  process.env['TEST_DYNAMODB_URL'] = dynamoDb.url
  process.env['TEST_TABLE'] = JSON.stringify(service.resources.Resources.Table.Properties)
  process.env['TEST_ROUTES'] = JSON.stringify(routesOf(service))
}

/** Each route of the gateway, with the function behind it. */
const routesOf = ({ functions }: Service) =>
  Object.entries(functions).flatMap(([name, { events }]) =>
    events.flatMap(({ httpApi }) => (httpApi === undefined ? [] : [[httpApi, name]])),
  )
