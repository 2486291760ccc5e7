import { execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { SECOND_MS } from '../lib/clock.js'
import { log } from '../lib/log.js'
import { FILM_TIMEOUT_MS, MAX_DURATION_MS, MAX_PIXELS } from './limits.js'
import { Turns } from './turns.js'

/** What a tool found in a film or sound. */
export interface Film {
  readonly durationMs: number | null
  readonly width: number | null
  readonly height: number | null
  /** A picture out of it, as a file that its taker removes; null where there is none. */
  readonly posterPath: string | null
}

const MAX_ANSWER_BYTES = 1_000_000
/** Films that the tools of this process look into at once: a decoder keeps several pictures of one. */
const turns = new Turns(2)
/** Where in a film its poster is taken, and how much of a short one comes before it. */
const POSTER_AT_MS = 2 * SECOND_MS
const POSTER_SHARE = 0.1

/** The reader of each container, named so that no file chooses one that opens addresses or other files. */
const READERS: Readonly<Record<string, string>> = {
  'video/mp4': 'mov',
  'video/quicktime': 'mov',
  'video/webm': 'matroska',
  'audio/mp4': 'mov',
  'audio/webm': 'matroska',
  'audio/mpeg': 'mp3',
  'audio/ogg': 'ogg',
  'audio/wav': 'wav',
  'audio/flac': 'flac',
}

/** As much of the tool's answer as is read. */
const Answer = z.object({
  format: z.object({ duration: z.coerce.number().positive().optional().catch(undefined) }).optional(),
  streams: z
    .array(
      z.object({
        codec_type: z.string().optional(),
        width: z.number().int().positive().optional(),
        height: z.number().int().positive().optional(),
        side_data_list: z.array(z.object({ rotation: z.number().optional() })).optional(),
      }),
    )
    .default([]),
})

/**
 * Looks into a film or sound with ffmpeg at `ffmpegPath` and the ffprobe beside it. What the tools cannot read has no length
 * and no poster, but is not refused: players may know better.
 */
export const lookInto = (path: string, contentType: string, tools: Tools): Promise<Film> =>
  turns.take(() => look(path, contentType, tools))

/** The tool, and where it puts a poster. */
interface Tools {
  readonly ffmpegPath: string
  readonly posterPath: string
}

async function look(path: string, contentType: string, { ffmpegPath, posterPath }: Tools): Promise<Film> {
  const reader = READERS[contentType]
  if (!reader) throw new Error(`no film and no sound: ${contentType}`)
  // a decoder makes room for the pictures that a film says it has, before there is one
  const input = ['-max_pixels', String(MAX_PIXELS), '-protocol_whitelist', 'file', '-f', reader, '-i', path]
  const probe = await run(join(dirname(ffmpegPath), 'ffprobe'), [
    ...['-v', 'error', '-of', 'json', '-show_entries'],
    'format=duration:stream=codec_type,width,height:stream_side_data=rotation',
    ...input,
  ])
  const answer = Answer.safeParse(probe === null ? null : jsonOrNull(probe))
  if (!answer.success) return { durationMs: null, width: null, height: null, posterPath: null }
  const durationMs = lengthOf(answer.data)
  const picture = answer.data.streams.find(({ codec_type, width, height }) => codec_type === 'video' && width && height)
  if (!picture || !contentType.startsWith('video/')) return { durationMs, width: null, height: null, posterPath: null }
  const size = asShown(picture)
  if ((size.width ?? 0) * (size.height ?? 0) > MAX_PIXELS) return { durationMs, ...size, posterPath: null }
  const atMs = Math.min(POSTER_AT_MS, Math.floor((durationMs ?? 0) * POSTER_SHARE))
  const taken = await run(ffmpegPath, [
    ...['-v', 'error', '-nostdin', '-threads', '1', '-ss', String(atMs / SECOND_MS)],
    ...input,
    ...['-map', '0:v:0', '-frames:v', '1', '-f', 'image2', '-c:v', 'png', '-y', posterPath],
  ])
  if (taken === null) await rm(posterPath, { force: true })
  return { durationMs, ...size, posterPath: taken === null ? null : posterPath }
}

type Found = z.infer<typeof Answer>

/** Null where it is not known, or not to be believed. */
function lengthOf({ format }: Found): number | null {
  const lengthMs = Math.floor((format?.duration ?? Infinity) * SECOND_MS)
  return lengthMs > MAX_DURATION_MS ? null : lengthMs
}

type Stream = Found['streams'][number]

/** A film that was taken with the camera on its side is turned when it is played. */
function asShown({ width, height, side_data_list: sides = [] }: Stream): Pick<Film, 'width' | 'height'> {
  const rotation = sides.find((side) => side.rotation !== undefined)?.rotation ?? 0
  const [across = null, down = null] = Math.abs(rotation) % 180 === 90 ? [height, width] : [width, height]
  return { width: across, height: down }
}

/** What a program printed; null when it failed or took too long. */
const run = (program: string, args: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const options = { timeout: FILM_TIMEOUT_MS, killSignal: 'SIGKILL', maxBuffer: MAX_ANSWER_BYTES } as const
    execFile(program, args, options, (error, stdout) => {
      if (error) log.info({ err: error, program }, 'media: a film could not be looked into')
      resolve(error ? null : stdout)
    })
  })

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // a tool that prints no JSON has found nothing
    return null
  }
}
