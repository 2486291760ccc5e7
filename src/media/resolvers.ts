import type {
  MediaAssetResolvers,
  MediaFileResolvers,
  MediaImageResolvers,
  MutationResolvers,
  ProfileResolvers,
  ViewerResolvers,
} from '../generated/graphql.js'
import { PROFILE_CHANGES } from '../accounts/accounts.js'
import type { AccountsLoaders, ProfilePicture } from '../accounts/accounts.js'
import { transaction } from '../lib/db.js'
import type { Origin } from '../lib/db.js'
import { AppError } from '../lib/errors.js'
import { globalId, uuidOf } from '../lib/ids.js'
import { checkedPage, toConnection } from '../lib/page.js'
import { signedIn } from '../lib/viewer.js'
import type { RateLimiter } from '../lib/rate.js'
import type { Asking, Viewer as SignedIn } from '../lib/viewer.js'
import { addressExpiry, addressOf } from './addresses.js'
import { deleteMedia, updateMedia } from './deletion.js'
import { fileOf, imageOf, originalOf, sizeFor } from './files.js'
import { UPLOAD_COMPLETIONS, UPLOAD_REQUESTS } from './limits.js'
import type { MediaLoaders } from './loaders.js'
import { listMediaOf } from './queries.js'
import type { MediaServices } from './services.js'
import { setPicture } from './pictures.js'
import type { GateRef, MediaImageRow, MediaRow, MediaVariant } from './types.js'
import { checkedAltText, checkedUpload } from './upload-input.js'
import { completeMediaUpload, findUploadTarget, requestMediaUpload } from './uploads.js'

const MEDIA_ID = ['input', 'mediaId']
const REFUSED = {
  __typename: 'InvalidInputError',
  code: 'MEDIA_REFUSED',
  message: 'The file is not what was declared: upload it anew.',
  path: MEDIA_ID,
} as const

export const Mutation = {
  requestMediaUpload: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const wanted = { ...checkedUpload(input, viewer), idempotencyKey: input.idempotencyKey ?? null }
    await context.limiter.spend(UPLOAD_REQUESTS, viewer.userId)
    const { answer, replayed } = await transaction(context, (tx, now) => requestMediaUpload(tx, viewer, wanted, now))
    const { mediaId } = answer
    return {
      media: await reloaded(mediaId, context),
      upload: await findUploadTarget(context.db, context.media, mediaId, context.now),
      replayed,
      userErrors: [],
    }
  },

  completeMediaUpload: async (_parent, { input }, context) => {
    const viewer = signedIn(context)
    const mediaId = uuidOf('MediaAsset', input.mediaId, MEDIA_ID)
    await context.limiter.spend(UPLOAD_COMPLETIONS, viewer.userId)
    const failure = await completeMediaUpload(context, context.media, viewer, mediaId)
    return { media: await reloaded(mediaId, context), userErrors: failure ? [REFUSED] : [] }
  },

  updateMedia: async (_parent, { input }, context) => {
    const mediaId = uuidOf('MediaAsset', input.mediaId, MEDIA_ID)
    const altText = input.altText === undefined ? undefined : checkedAltText(input.altText)
    await transaction(context, (tx) => updateMedia(tx, signedIn(context), { mediaId, altText }))
    return { media: await reloaded(mediaId, context), userErrors: [] }
  },

  deleteMedia: async (_parent, { input }, context) => {
    const mediaId = uuidOf('MediaAsset', input.mediaId, MEDIA_ID)
    await transaction(context, (tx, now) => deleteMedia(tx, signedIn(context), mediaId, now))
    context.loaders.media.clear(mediaId)
    return { deletedMediaId: input.mediaId, userErrors: [] }
  },

  setAvatar: (_parent, { input }, context) => putOnProfile('avatar', input.mediaId ?? null, context),

  setBanner: (_parent, { input }, context) => putOnProfile('banner', input.mediaId ?? null, context),
} satisfies Partial<MutationResolvers>

async function putOnProfile(picture: ProfilePicture, id: string | null, context: PicturesAsking) {
  const viewer = signedIn(context)
  const mediaId = id === null ? null : uuidOf('MediaAsset', id, MEDIA_ID)
  await context.limiter.spend(PROFILE_CHANGES, viewer.userId)
  await transaction(context, (tx, now) => setPicture(tx, viewer, { picture, mediaId }, now))
  context.loaders.profile.clear(viewer.userId)
  return { user: await context.loaders.user.load(viewer.userId), userErrors: [] }
}

/** What putting a picture on a profile needs of a request. */
interface PicturesAsking extends Origin, Asking {
  readonly limiter: RateLimiter
  readonly loaders: AccountsLoaders
}

/** A file as a mutation left it: what was loaded before it is forgotten. */
async function reloaded(id: string, { loaders }: { readonly loaders: MediaLoaders }): Promise<MediaRow | null> {
  loaders.media.clear(id)
  return await loaders.media.load(id)
}

export const Viewer = {
  media: async ({ userId }, args, { db, loaders }) => {
    const page = checkedPage(args, 'media', ['time', 'uuid'])
    const rows = await listMediaOf(db, userId, page)
    for (const row of rows) loaders.media.prime(row.id, row)
    return toConnection(page, rows, ({ createdAt, id }) => [createdAt.toISOString(), id])
  },
} satisfies Partial<ViewerResolvers>

/** A picture of a profile as whoever sees the profile may fetch it. */
async function pictureOf(
  mediaId: string | null,
  userId: string,
  { loaders }: { readonly loaders: MediaLoaders },
): Promise<MediaImageRow | null> {
  const row = mediaId === null ? null : await loaders.media.load(mediaId)
  return row && imageOf(row, { kind: 'profile', userId })
}

export const Profile = {
  avatar: ({ avatarMediaId, userId }, _args, context) => pictureOf(avatarMediaId, userId, context),
  banner: ({ bannerMediaId, userId }, _args, context) => pictureOf(bannerMediaId, userId, context),
} satisfies Partial<ProfileResolvers>

const OWN: GateRef = { kind: 'own' }

export const MediaAsset = {
  id: ({ id }) => globalId('MediaAsset', id),
  file: (media, _args, { viewer }) => (viewer?.isLimited ? null : fileOf(media, OWN)),
} satisfies Partial<MediaAssetResolvers>

/** What an address is made from. */
interface Addressing {
  readonly media: MediaServices
  readonly viewer: SignedIn | null
  readonly now: Date
}

const urlOf = (variant: MediaVariant | null, gate: GateRef, { media, viewer, now }: Addressing): string => {
  if (!variant) throw new AppError('NOT_FOUND', 'node_not_found', 'The file is gone.')
  const expiresAtMs = addressExpiry(now).getTime()
  // a limited account sees what a stranger sees
  const viewerId = viewer && !viewer.isLimited ? viewer.userId : null
  return addressOf(media, { variantId: variant.id, viewerId, gate, expiresAtMs })
}

export const MediaFile = {
  kind: ({ media }) => media.kind,
  contentType: ({ media }) => originalOf(media)?.contentType ?? media.contentType,
  sizeBytes: ({ media }) => BigInt(originalOf(media)?.sizeBytes ?? media.sizeBytes),
  durationMs: ({ media }) => media.durationMs,
  altText: ({ media }) => media.altText,
  url: ({ media, gate }, _args, context) => urlOf(originalOf(media), gate, context),
  urlExpiresAt: (_file, _args, { now }) => addressExpiry(now),
  image: ({ media, gate }) => imageOf(media, gate),
} satisfies Partial<MediaFileResolvers>

export const MediaImage = {
  url: (image, { width }, context) => urlOf(sizeFor(image, width ?? null), image.gate, context),
  urlExpiresAt: (_image, _args, { now }) => addressExpiry(now),
  width: (image) => sizeFor(image, null)?.width ?? 0,
  height: (image) => sizeFor(image, null)?.height ?? 0,
  thumbhash: ({ media }) => media.thumbhash && Buffer.from(media.thumbhash).toString('base64'),
  altText: ({ media }) => media.altText,
} satisfies Partial<MediaImageResolvers>

/** Who asks, and the loaders of the request. */
interface MediaAsking {
  readonly viewer: SignedIn | null
  readonly loaders: MediaLoaders
}

/** A file as `node` finds it: one's own, or none. */
export const findMediaNode = async (id: string, { viewer, loaders }: MediaAsking): Promise<MediaRow | null> => {
  const row = await loaders.media.load(id)
  return row && row.ownerId === viewer?.userId ? row : null
}
