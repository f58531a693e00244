export default async function globalTeardown() {
  await globalThis.dynamoDb?.stop()
}
