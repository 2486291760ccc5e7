import { forFollowers, forSubscribers, image, look, sold, soldOrIncluded, text } from './studio.js'
import type { Studio } from './studio.js'

/** Those who feed people: kitchens, ovens, gardens. */
export const TABLE: readonly Studio[] = [
  {
    name: 'brine',
    language: 'en',
    bio: 'Fermenting what the market throws away. Recipes in grams, mistakes in full.',
    crafts: ['cooking', 'fermentation'],
    subjects: ['food', 'science'],
    look: look('table', '#fbe4e6 #c9184a #ff758f #ffb3c1 #606c38 #283618'),
    details: ['the pink brine', 'jar number six', 'the radish one', 'the lid that went'],
    posts: [
      image(
        'Beetroot kvass, day 5',
        'It fizzes when I walk past. I have started walking past more often.',
        'fermentation beetroot',
      ),
      text(
        'Is it mould or is it kahm?',
        'Flat, white, wrinkled like skin on milk: kahm yeast, harmless, skim it. Fuzzy, raised, coloured: mould, out it goes, jar and all, no heroics.\n\nIf you have to ask your partner to smell it, you already know.',
        'fermentation safety explained',
      ),
      image(
        'Three euros of market leftovers',
        'Fennel tops, split tomatoes, a kilo of tired radishes. Nine jars.',
        'market fermentation',
        { pictures: 2 },
      ),
      text(
        'Radish water kimchi, in grams',
        'Radish 1,000, salt 22, pear 120, ginger 12, garlic 18, chilli 6, water to cover. Two days on the counter at 19 °C, then cold. Slice thicker than you want to.',
        'recipe fermentation',
        forSubscribers('In grams, with temperatures.'),
      ),
      image('The explosion', 'Plum, 31 °C, a tight lid. I am fine. The ceiling is historic.', 'failures fermentation'),
      text(
        'The salt table',
        'Percentages for forty vegetables, by weight, with days and temperature, on one page for the inside of a cupboard door.',
        'table fermentation',
        sold(4, 'Forty vegetables on one page.'),
      ),
    ],
  },
  {
    name: 'slow-crumb',
    language: 'en',
    bio: 'Bread from grains that somebody nearby grows. The oven is on, the door is open.',
    crafts: ['baking', 'bread', 'grains'],
    subjects: ['food'],
    look: look('loaves', '#fff4e0 #e0a96d #b5723a #7d451b #ddc3a5 #472c1b'),
    details: ['the ear', 'the crumb shot', 'the burnt edge', 'the seeds on the bottom'],
    posts: [
      image('Rye, seventy per cent', 'Flat, sour, damp, perfect. It is not supposed to be tall.', 'bread rye'),
      image(
        'Scoring practice on a bad day',
        'Wheat, leaf, wheat, leaf, one that looks like a fish. The fish opened best.',
        'bread scoring',
        { pictures: 2 },
      ),
      text(
        'Your starter is not dying',
        'It is hungry and cold. Feed it one part to five of flour to five of water, put it on top of the fridge and go to bed. If it smells of nail varnish: feed it. If it has a grey puddle: stir, feed it. If it is pink: that one has died, I am sorry.',
        'sourdough explained',
      ),
      text(
        'The formula for the corner loaf',
        'Baker’s percentages, a timetable for people with jobs, and what to change when the kitchen is at 16 °C.',
        'recipe bread',
        soldOrIncluded(3, 'The corner loaf, for people with jobs.'),
      ),
      image(
        'Flour from the other side of the river',
        'She grows three hectares of emmer and knows each of them by name.',
        'grain farm',
        forFollowers(),
      ),
    ],
  },
  {
    name: 'salsa-y-lumbre',
    language: 'es',
    bio: 'Salsas, comales y antojos de esquina. Pica, pero con cariño.',
    crafts: ['cocina', 'salsas'],
    subjects: ['food'],
    look: look('market', '#2f1b12 #e63946 #f4a261 #80b918 #ffe8d6 #bc3908'),
    details: ['la salsa macha', 'el molcajete de su abuela', 'el tatemado', 'esa tortilla'],
    posts: [
      image('Martajada, no licuada', 'La licuadora hace sopa. El molcajete hace salsa.', 'salsa molcajete'),
      text(
        'Escala honesta de picor',
        '1: lo comen los niños. 2: lo comen los niños de aquí. 3: se te olvida lo que estabas diciendo. 4: hablas con tus muertos. 5: contestan.\n\nLa de hoy es un 3 con ganas.',
        'chile salsa',
      ),
      image('Tacos de flor y ceniza', 'Flor de calabaza, requesón y sal de ceniza de cebolla.', 'tacos receta', {
        pictures: 2,
      }),
      text(
        'Salsa macha, receta completa',
        'Chiles, semillas, tiempos y por qué el aceite nunca debe humear. Da para dos frascos y una discusión.',
        'receta salsa',
        forSubscribers('Dos frascos y una discusión.'),
      ),
      image('El comal nuevo ya está negro', 'Por fin.', 'comal cocina', forFollowers()),
    ],
  },
  {
    name: 'second-steep',
    language: 'en',
    bio: 'Tea, tasted slowly, mostly with people who say they do not like tea.',
    crafts: ['tea', 'tasting'],
    subjects: ['food', 'travel'],
    look: look('stems', '#f0f4e3 #606c38 #8a9a5b #bc6c25 #dda15e #283618'),
    details: ['the third infusion', 'the cup with the crack', 'the smell of the dry leaf', 'the note about stones'],
    posts: [
      image(
        'Spring leaf, picked on a slope',
        'First infusion: peas. Second: river. Third: somebody’s coat.',
        'tea tasting',
      ),
      text(
        'Water first',
        'Half of what people dislike in tea is their water. Try this: the same leaf, the same pot, once with tap water and once with the cheapest soft bottled water you can find. If they taste the same, move on. If they do not, you have saved yourself ten years of buying expensive leaves.',
        'tea explained',
      ),
      image('The repaired pot', 'Three staples and a line of gold lacquer; it pours to the left now.', 'tea ceramics'),
      text(
        'Tasting sheet for six oolongs',
        'Printable, with a wheel of words that are not “floral”.',
        'tasting tea',
        soldOrIncluded(3, 'Six oolongs and no “floral”.'),
      ),
      image('Breakfast at the farm', 'They drink it from jam jars, with the leaves in. So do I now.', 'tea travel', {
        pictures: 2,
        ...forFollowers(),
      }),
    ],
  },
  {
    name: 'varanda',
    language: 'pt',
    bio: 'Horta de varanda no nono andar: quatro metros quadrados e opiniões fortes.',
    crafts: ['horta', 'plantas', 'cozinha'],
    subjects: ['food', 'education'],
    look: look('stems', '#fff3e2 #2d6a4f #52b788 #d8572a #f7b32b #1b4332'),
    details: ['o tomate torto', 'a joaninha', 'o regador azul', 'as raízes no vidro'],
    posts: [
      image('Primeiro tomate do ano', 'Um. Dividimos por quatro.', 'tomate horta'),
      image('O que o vento fez', 'Nono andar, rajadas de setenta. O manjericão agora mora no sexto.', 'horta vento'),
      text(
        'Composto em apartamento, sem cheiro',
        'Balde com tampa, folha seca, casca de legume, folha seca. Se cheira, falta folha seca. Se não acontece nada, falta água. Se aparecer uma minhoca, dá-lhe nome e paga-lhe em borra de café.',
        'composto dicas',
      ),
      text(
        'Calendário de plantio para varandas',
        'Mês a mês, para sol da manhã e sol da tarde, com as vinte espécies que aguentam vaso.',
        'calendário horta',
        sold(4, 'Vinte espécies, doze meses.'),
      ),
      image('Couves contra o céu', 'A vizinha da frente acena-lhes.', 'horta cidade', {
        pictures: 2,
        ...forFollowers(),
      }),
    ],
  },
  {
    name: 'mustard-oil',
    language: 'en',
    bio: 'Bengali home cooking without the meat and without apologising for it.',
    crafts: ['cooking', 'vegan', 'family recipes'],
    subjects: ['food'],
    look: look('table', '#fff8e7 #f9c80e #f86624 #ea3546 #662e9b #2e4057'),
    details: ['the panch phoron', 'your mother’s objection', 'the potato, obviously', 'the crispy bit'],
    posts: [
      image(
        'Shukto, for people who fear bitter',
        'Start with it. That is the trick: bitter first, and everything after it is kind.',
        'bengali recipe',
      ),
      text(
        'My mother reviews my cooking',
        '“Too much turmeric; were you afraid? The potatoes are correct. Why is there a leaf? In our house we have plates. The rice is lonely. Send me the recipe, I want to show your aunt what you did.”',
        'family cooking',
      ),
      image('Potatoes in biryani', 'This is not a debate. This is a picture.', 'biryani potato', { pictures: 2 }),
      text(
        'Five tempers, five dals',
        'What goes into the hot oil, in which order, and the sound each should make. With audio of the sounds, because you asked.',
        'recipe dal',
        forSubscribers('Which seed, in which order, and how it should sound.'),
      ),
      image(
        'Winter greens, all of them',
        'Eleven kinds from one stall. He throws in the twelfth.',
        'market greens',
        forFollowers(),
      ),
    ],
  },
]
