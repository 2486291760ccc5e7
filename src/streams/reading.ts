import { findVisibleContent } from '../content/content.js'
import type { ContentAsking } from '../content/content.js'
import { uuidOf } from '../lib/ids.js'
import type { StreamsLoaders } from './loaders.js'
import type { StreamRow } from './types.js'

/** Who asks for streams, and with which loaders; the API's context is one. */
export interface StreamsAsking extends ContentAsking {
  readonly loaders: ContentAsking['loaders'] & StreamsLoaders
}

/** The stream that an input names. @throws NOT_FOUND node_not_found */
export const streamIdOf = ({ streamId }: { readonly streamId: string }): string =>
  uuidOf('LiveStream', streamId, ['input', 'streamId'])

/** A stream as `node` finds it: with its post. */
export async function findStreamNode(id: string, context: StreamsAsking): Promise<StreamRow | null> {
  const stream = await context.loaders.stream.load(id)
  return stream && (await findVisibleContent(stream.contentId, context)) ? stream : null
}

/** A stream as a mutation left it, where the viewer may know of it: what was loaded before is forgotten. */
export async function reloaded(id: string, context: StreamsAsking): Promise<StreamRow | null> {
  const { loaders } = context
  const stream = await loaders.stream.clear(id).load(id)
  if (stream) loaders.streamOfPost.clear(stream.contentId)
  loaders.viewersNow.clear(id)
  loaders.statisticsNow.clear(id)
  return findStreamNode(id, context)
}
