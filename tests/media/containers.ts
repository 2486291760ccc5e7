import { box } from './disguises.js'

const zeros = (length: number): Buffer => Buffer.alloc(length)

/** Numbers of four bytes, one behind the other. */
export function numbers(...all: number[]): Buffer {
  const bytes = zeros(4 * all.length)
  for (const [index, value] of all.entries()) bytes.writeUInt32BE(value, index * 4)
  return bytes
}

export const FILE_TYPE = box('ftyp', Buffer.from('isom\u0000\u0000\u0002\u0000isomiso2mp41'))

/** A track of an MP4 that `handler` plays, with tables of its samples. */
export const trackOf = (handler: string, tables: readonly Buffer[], text = ''): Buffer =>
  box(
    'trak',
    Buffer.concat([
      box('tkhd', Buffer.concat([zeros(4), Buffer.from('\x11\x22\x33\x44\x55\x66\x77\x88', 'latin1'), zeros(72)])),
      box('tref', zeros(12)),
      box(
        'mdia',
        Buffer.concat([
          box('mdhd', zeros(24)),
          box('hdlr', Buffer.concat([zeros(8), Buffer.from(handler), zeros(12), Buffer.from(`${text}\0`)])),
          box('minf', box('stbl', Buffer.concat([...tables]))),
        ]),
      ),
      box('udta', Buffer.from(text)),
    ]),
  )

/** Tables of one chunk that is one sample. */
export const oneSample = (chunkAt: number, length: number): Buffer[] => [
  box('stsd', numbers(0, 0)),
  box('stsz', numbers(0, 0, 1, length)),
  box('stsc', numbers(0, 1, 1, 1, 1)),
  box('stco', numbers(0, 1, chunkAt)),
]

/** An MP4 of one black frame's worth of nothing, with a text where places are usually written. */
export function filmOf(text: string): Buffer {
  const build = (mdatAt: number): Buffer =>
    Buffer.concat([
      FILE_TYPE,
      box('uuid', Buffer.concat([Buffer.from('be7acfcb97a942e89c71999491e3afac', 'hex'), Buffer.from(text)])),
      box(
        'moov',
        Buffer.concat([
          box('mvhd', Buffer.concat([zeros(4), Buffer.from('\x11\x22\x33\x44\x55\x66\x77\x88', 'latin1'), zeros(88)])),
          trackOf('vide', oneSample(mdatAt + 8, 10), text),
          trackOf('meta', oneSample(mdatAt + 18, text.length), text),
          box(
            'udta',
            Buffer.concat([
              box('\xa9xyz', Buffer.from(`\0\x17\x15\xc7${text}`, 'latin1')),
              box('meta', Buffer.from(text)),
            ]),
          ),
          box('meta', Buffer.from(`com.apple.quicktime.location.ISO6709 ${text}`)),
        ]),
      ),
      box('free', Buffer.from(text)),
      box('mdat', Buffer.concat([Buffer.from('a picture.'), Buffer.from(text), Buffer.from('more.')])),
    ])
  return build(build(0).indexOf('mdat') - 4)
}

const chunk = (name: string, data: Buffer): Buffer => {
  const length = zeros(4)
  length.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(name), length, data, zeros(data.length % 2)])
}

/** A WAV with a text in its chunks and behind them. */
export function waveOf(text: string, samples = Buffer.alloc(400, 5)): Buffer {
  const body = Buffer.concat([
    Buffer.from('WAVE'),
    chunk('fmt ', Buffer.from('01000100401f0000803e000002001000', 'hex')),
    chunk('bext', Buffer.from(text)),
    chunk('LIST', Buffer.from(`INFOIART${text}`)),
    chunk('data', samples),
    chunk('id3 ', Buffer.from(text)),
  ])
  return Buffer.concat([chunk('RIFF', body), Buffer.from(text)])
}

/** An element of a WebM, with a length of two bytes. */
const element = (id: string, content: Buffer): Buffer => {
  const length = zeros(2)
  length.writeUInt16BE(0x4000 | content.length)
  return Buffer.concat([Buffer.from(id, 'hex'), length, content])
}

/** A WebM with a text as what made it, as its tags and as an attachment; its last cluster is one of a live film. */
export const webmOf = (text: string): Buffer =>
  Buffer.concat([
    element('1a45dfa3', element('4282', Buffer.from('webm'))),
    Buffer.from('1853806701ffffffffffffff', 'hex'),
    element(
      '1549a966',
      Buffer.concat([
        element('2ad7b1', numbers(1_000_000)),
        element('4d80', Buffer.from(text)),
        element('7ba9', Buffer.from(text)),
      ]),
    ),
    element(
      '1654ae6b',
      Buffer.concat([
        element('bf', zeros(4)),
        element('ae', Buffer.concat([element('d7', Buffer.from([1])), element('536e', Buffer.from(text))])),
      ]),
    ),
    element('1254c367', Buffer.from(text)),
    element('1941a469', Buffer.from(text)),
    element('1f43b675', Buffer.concat([element('e7', Buffer.from([0])), element('a3', Buffer.from('a picture.'))])),
    Buffer.from('1f43b67501ffffffffffffff', 'hex'),
    element('e7', Buffer.from([1])),
    element('a3', Buffer.from('more.')),
  ])

/** A page of an Ogg with parts of packets in it; a part of 255 bytes goes on on the next. */
export function pageOf(parts: readonly Buffer[], { serial = 7, isFirst = false } = {}): Buffer {
  const header = zeros(27)
  header.write('OggS')
  header[5] = isFirst ? 2 : 0
  header.writeUInt32LE(serial, 14)
  const laces = parts.flatMap(({ length }) => [
    ...Array.from({ length: Math.floor(length / 255) }, () => 255),
    ...(length === 255 ? [] : [length % 255]),
  ])
  header[26] = laces.length
  return Buffer.concat([header, Buffer.from(laces), ...parts])
}

/** An Ogg of Opus with a text in its comments, which go over two pages. */
export const oggOf = (text: string): Buffer =>
  Buffer.concat([
    pageOf([Buffer.concat([Buffer.from('OpusHead'), Buffer.alloc(11, 1)])], { isFirst: true }),
    pageOf([Buffer.concat([Buffer.from('OpusTags'), Buffer.from(text), zeros(247 - text.length)])]),
    pageOf([Buffer.from(text)]),
    pageOf([Buffer.from('a sound.'), Buffer.from('more.')]),
  ])

/** An MP3 with a text in each of the tags that one has. */
export function mp3Of(text: string): Buffer {
  const footer = zeros(32)
  footer.write('APETAGEX')
  footer.writeUInt32LE(text.length + 32, 12)
  const last = zeros(128)
  last.write(`TAG${text}`)
  const frame = zeros(417)
  frame.set([0xff, 0xfb, 0x90, 0x00])
  return Buffer.concat([
    Buffer.from(`ID3\x04\0\0\0\0\0${String.fromCharCode(text.length)}${text}`, 'latin1'),
    ...[frame, frame, frame],
    Buffer.from(text),
    footer,
    last,
  ])
}

/** A FLAC with a text as its comments and as a picture. */
export const flacOf = (text: string): Buffer => {
  const block = (kind: number, data: Buffer): Buffer => Buffer.concat([numbers((kind << 24) + data.length), data])
  return Buffer.concat([
    Buffer.from('fLaC'),
    block(0, zeros(34)),
    block(4, Buffer.from(text)),
    Buffer.concat([Buffer.from([0x86, 0, 0, text.length]), Buffer.from(text)]),
    Buffer.from('a sound.'),
  ])
}
