import { forFollowers, forSubscribers, image, look, sold, soldOrIncluded, text } from './studio.js'
import type { Studio } from './studio.js'

/** Those who make things for screens, measure the world, or dress for being seen. */
export const SCREENS: readonly Studio[] = [
  {
    name: 'turnip-county',
    language: 'en',
    bio: 'Making a tiny farming game alone and in public. Builds every Friday, source for supporters.',
    crafts: ['games', 'pixel-art'],
    subjects: ['games', 'art'],
    look: look('pixels', '#8ecae6 #219ebc #80b918 #386641 #f4a261 #ffb703'),
    details: ['the goose animation', 'the palette', 'the save-file bug', 'the tiny windmill'],
    posts: [
      image(
        'Build 31: weather',
        'It rains now. Turnips like it. The goose does not, and tells you.',
        'gamedev pixel-art build',
      ),
      text(
        'Post-mortem of a save-file bug',
        'If you saved while the goose was mid-honk, the honk was stored as the state of the world. On loading, the world honked. For ever.\n\nFix: animations are not facts. It took me two days to write that sentence.',
        'gamedev bugs',
      ),
      image(
        'Sixteen colours, all seasons',
        'Autumn steals two from summer and pays them back in March.',
        'pixel-art palette',
      ),
      text(
        'Source of build 31',
        'The whole repository at the tag, with the ugly parts annotated and a list of what I would do differently.',
        'source gamedev',
        forSubscribers('The repository at the tag, ugly parts annotated.'),
      ),
      image(
        'Mock-up: the harbour',
        'Not promised. But look.',
        'pixel-art mockup',
        forFollowers('Not promised. But look.'),
      ),
      image(
        'Tileset one, for your own games',
        '240 tiles, 16 by 16, do what you like with them but do not sell the goose.',
        'tileset pixel-art',
        sold(5, '240 tiles; the goose is not for resale.'),
      ),
    ],
  },
  {
    name: 'pen-down',
    language: 'en',
    bio: 'Plotter drawings. I write the code, the machine has the patience.',
    crafts: ['generative art', 'plotter', 'code'],
    subjects: ['art', 'science'],
    look: look('flow', '#fdfcf7 #22223b #4a4e69 #9a8c98 #c9ada7 #f25f5c'),
    details: ['the place where the pen ran dry', 'the moiré', 'the seed number', 'the corner it refused'],
    posts: [
      image(
        'Seed 40417',
        'Nine thousand lines that never cross. Eleven hours, one pen, and it ran dry at 8,700.',
        'plotter generative',
      ),
      text(
        'Why not just print it?',
        'A printer puts ink where it is told. A plotter drags a pen there, and the pen has a past: how full, how worn, which way it came. You can see in a line that it was tired.',
        'essay plotter',
      ),
      image('The same field, five pens', 'Fineliner, fountain, brush, biro, and a stick.', 'plotter ink', {
        pictures: 3,
      }),
      text(
        'Source: flow fields without overlap',
        'A hundred lines of TypeScript, explained line by line, and the SVGs of five seeds.',
        'source generative',
        soldOrIncluded(6, 'A hundred lines and five seeds.'),
      ),
      image(
        'It drew over itself',
        'A bearing slipped at hour three. I signed it anyway.',
        'failures plotter',
        forFollowers(),
      ),
    ],
  },
  {
    name: 'proofs-without-words',
    language: 'en',
    bio: 'Mathematics that you can point at. One picture, one thought, no formulas above the fold.',
    crafts: ['mathematics', 'teaching'],
    subjects: ['science', 'education'],
    look: look('figures', '#f8f9fa #0077b6 #00b4d8 #90e0ef #ffd166 #ef476f'),
    details: ['the second triangle', 'the colour argument', 'the moment it clicks', 'the gap on purpose'],
    posts: [
      image('The sum of odd numbers', 'Look at the corners. Count them. There.', 'maths visual'),
      image(
        'Why you cannot tile it',
        'Colour it like a chessboard. Each domino eats one of each. You took away two of the same.',
        'maths puzzle',
      ),
      text(
        'A picture is not a proof, except when it is',
        'A picture shows one case. It is a proof when you can see that nothing in it depended on the case: when your finger could slide, and the argument would slide along with it.\n\nSo ask of each of my pictures: what could I drag?',
        'essay maths',
      ),
      image(
        'Set of twenty, to print for a classroom',
        'A3, no words, and a page of questions for the teacher.',
        'teaching printable',
        { pictures: 2, ...sold(8, 'Twenty posters without a word.') },
      ),
      image(
        'The one about infinity and a triangle',
        'Half, and half of the rest, and half of the rest.',
        'maths visual',
        forSubscribers('Half, and half of the rest.'),
      ),
    ],
  },
  {
    name: 'rain-gauge',
    language: 'en',
    bio: 'Weather, mapped by hand from a shed. Forty years of one rain gauge and what it says.',
    crafts: ['weather', 'maps', 'data'],
    subjects: ['science', 'education'],
    look: look('isobars', '#edf6f9 #83c5be #006d77 #e29578 #ffddd2 #023047'),
    details: ['the gap in 1994', 'the isobars', 'your uncle’s notes', 'the colour scale'],
    posts: [
      image(
        'October, forty times',
        'One line for each year. The blue ones are where my uncle was on holiday.',
        'weather data',
      ),
      text(
        'What a rain gauge cannot know',
        'It knows what fell into a circle of a hundred square centimetres, at one fence, if the wind was not too strong and no bird sat on it. From that I am asked whether it will be a wet summer.\n\nI say what my uncle said: it will be wet at the fence.',
        'weather essay',
      ),
      image(
        'The storm, every ten minutes',
        'Pressure from eleven neighbours’ phones, contoured by hand.',
        'storm map',
        { pictures: 3, ...forFollowers('Eleven phones, one front.') },
      ),
      text(
        'The data, 1984 to now',
        'CSV, daily, with the eleven gaps explained and a notebook.',
        'data weather',
        soldOrIncluded(5, 'Forty years, daily, gaps explained.'),
      ),
    ],
  },
  {
    name: 'capacitor-plague',
    language: 'en',
    bio: 'Repairing computers that are older than I am. Most of it is smelling things.',
    crafts: ['retrocomputing', 'repair', 'electronics'],
    subjects: ['science', 'games'],
    look: look('sprites', '#0d1f12 #1b4332 #40916c #95d5b2 #d8f3dc #ffba08'),
    details: ['the leaking capacitor', 'the boot screen', 'the bodge wire', 'that yellowed case'],
    posts: [
      image(
        'It boots',
        'After eleven capacitors, one bodge wire and a night of swearing: 38911 BASIC BYTES FREE.',
        'retro repair',
      ),
      text(
        'The smell test',
        'Fish: electrolyte. Sweet: coolant that should not be there. Burnt sugar: resistor. Burnt hair: you. Nothing at all: that is the bad one.',
        'repair electronics',
      ),
      image(
        'Before and after: the white that was beige',
        'Peroxide, sun, patience. Do not do it to the keys with two colours.',
        'restoration retro',
        { pictures: 2 },
      ),
      text(
        'Repair log: the one from the flood',
        'Forty photographs, every measurement, and the moment I nearly gave up.',
        'repair log',
        forSubscribers('Forty photographs of a drowned machine.'),
      ),
      image(
        'Somebody’s homework from 1986',
        'It was on the disk. She is a teacher now. I asked.',
        'floppy story',
        forFollowers(),
      ),
    ],
  },
  {
    name: 'wobblebots',
    language: 'en',
    bio: 'Robots for children, from cardboard and two motors. They walk badly and are loved for it.',
    crafts: ['robotics', 'kids', 'cardboard'],
    subjects: ['science', 'education'],
    look: look('blocks', '#e9f5db #ff595e #ffca3a #8ac926 #1982c4 #6a4c93'),
    details: ['the googly eyes', 'the third leg', 'the falling over', 'the sticker'],
    posts: [
      image(
        'Bot 14: walks, mostly',
        'Three legs. Two would be clever and four would be stable; three is funny.',
        'robots kids',
      ),
      text(
        'A lesson plan for a rainy afternoon',
        'One motor, one battery, tape, a cup. Let them find out that it spins. Do not say vibration. Wait until somebody says “it is dancing”, and then ask how to make it dance straight.',
        'teaching robots',
      ),
      image(
        'Cutting templates 10 to 14',
        'For cereal boxes. Print, glue, cut; googly eyes are structural.',
        'templates robots',
        { pictures: 2, ...sold(4, 'Five bots from cereal boxes.') },
      ),
      image('The race', 'Eleven started. One arrived. It was not pointing the right way.', 'robots race'),
    ],
  },
  {
    name: 'turned-collars',
    language: 'en',
    bio: 'Clothes from other clothes. Mending, altering, and the occasional ball gown from a tent.',
    crafts: ['fashion', 'mending', 'upcycling'],
    subjects: ['fashion', 'crafts'],
    look: look('weave', '#fff0f3 #ff4d6d #c9184a #590d22 #ffccd5 #4cc9f0'),
    details: ['the inside seam', 'the tent zip', 'the visible darn', 'the pocket'],
    posts: [
      image(
        'A coat turned inside out',
        'The nap was gone outside and perfect inside. Every seam undone, turned, sewn again.',
        'mending coat',
        { pictures: 2 },
      ),
      text(
        'How to read a garment',
        'Start with the hem: it tells you what they could afford to leave. Then the armhole: whether they expected you to lift your arms. Then the pocket, which tells you who it was for.',
        'fashion explained',
      ),
      image(
        'Ball gown, previously a four-person tent',
        'Waterproof to 3,000 mm. The zip is a feature.',
        'upcycling gown',
      ),
      image('Darning sampler', 'Nine darns, nine wools, one sock.', 'mending sampler', forFollowers()),
      text(
        'Pattern: the turned collar',
        'Unpick, flip, sew. With drawings for three kinds of stand.',
        'pattern mending',
        soldOrIncluded(3, 'Give a shirt ten more years.'),
      ),
    ],
  },
  {
    name: 'powder-room',
    language: 'en',
    bio: 'Stage make-up for faces of all kinds. I show the mess first.',
    crafts: ['make-up', 'drag', 'stage'],
    subjects: ['fashion', 'art'],
    look: look('makeup', '#240046 #ff006e #fb5607 #ffbe0b #3a86ff #f1c0e8'),
    details: ['the brow', 'the glitter on the sink', 'the halfway face', 'that lip'],
    posts: [
      image('Halfway', 'One side finished, one side Tuesday.', 'makeup stage', { pictures: 2 }),
      text(
        'Glue stick your brows, gently',
        'Comb up, glue, comb up, wait, powder. Four thin layers, never one thick one. Take it off with oil and forgiveness.',
        'makeup technique',
      ),
      image('A moth for the opera', 'Six hours, eleven feathers, one very patient baritone.', 'makeup costume'),
      image(
        'The full moth, step by step',
        'Twenty-two pictures with product names and what I used instead when it ran out.',
        'tutorial makeup',
        { pictures: 3, ...forSubscribers('Twenty-two steps to a moth.') },
      ),
      text(
        'My kit, and what to steal from the kitchen',
        'Cornflour. Cling film. A teaspoon. You have more than you think.',
        'makeup kit',
        forFollowers(),
      ),
    ],
  },
]
