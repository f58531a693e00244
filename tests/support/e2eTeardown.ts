export default async function e2eTeardown() {
  await globalThis.stopShared?.()
}
