import Sequencer from '@jest/test-sequencer'

/**
 * The order of projects. Unit tests come first, while the system that the e2e tests share is starting; then the longest
 * files, so that no worker is left with one of them at the end.
 */
const ORDER = ['unit', 'e2e', 'integration']

const placeOf = ({ context }) => ORDER.indexOf(context.config.displayName.name)

export default class extends Sequencer {
  async sort(tests) {
    // Within a project, Jest's own order: those that failed before, then the longest.
    return (await super.sort(tests)).toSorted((a, b) => placeOf(a) - placeOf(b))
  }
}
