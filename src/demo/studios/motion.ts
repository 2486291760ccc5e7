import { forFollowers, forSubscribers, image, look, sold, soldOrIncluded, text } from './studio.js'
import type { Studio } from './studio.js'

/** Those who move: on walls, in water, on the floor. */
export const MOTION: readonly Studio[] = [
  {
    name: 'after-work-walls',
    language: 'en',
    bio: 'Training plans for people who climb after work. Form checks by video twice a week.',
    crafts: ['fitness', 'climbing'],
    subjects: ['fitness', 'education'],
    look: look('ridges', '#fff0e5 #ffb385 #ff7f51 #ce4257 #720026 #4f000b'),
    details: ['the heel hook', 'the rest day rule', 'that foot placement', 'week three'],
    posts: [
      text(
        'The 45-minute session',
        'Ten easy problems, no rest. Five that make you think, three minutes between. Two tries on the one you cannot do. Then stop, even if it feels close. Especially if it feels close.\n\nYou have work tomorrow, and so do your tendons.',
        'climbing training',
      ),
      image('Feet first', 'Same hold, three feet. Only the last one lets your arm go straight.', 'technique climbing', {
        pictures: 3,
      }),
      text(
        'On fingers',
        'No hangboard before a year of climbing. No one-arm anything because of a film. If a finger hurts when you open a jar, it is not sore, it is talking.',
        'injury training',
      ),
      text(
        'Eight weeks, two evenings',
        'The plan, as a table: what, how often, how hard, and what to do when you miss a week. Form checks in the thread.',
        'plan training',
        forSubscribers('Eight weeks for people with two evenings.'),
      ),
      image('The overhang, finally', 'Eleven months. It took nine seconds.', 'climbing project'),
      text(
        'Stretches for desk people',
        'Six of them, four minutes, next to the printer.',
        'mobility desk',
        soldOrIncluded(4, 'Six stretches next to the printer.'),
      ),
    ],
  },
  {
    name: 'marquage',
    language: 'fr',
    bio: 'Danse contemporaine, répétitions ouvertes. Demandez-moi tout, je réponds entre deux prises.',
    crafts: ['danse', 'scène'],
    subjects: ['fitness', 'art'],
    look: look('ribbons', '#fdf0d5 #c1121f #780000 #003049 #669bbc #f4a6a0'),
    details: ['la chute au début', 'les mains', 'le moment où tout s’arrête', 'la diagonale'],
    posts: [
      image(
        'Répétition 9 : tomber',
        'On tombe depuis trois semaines. Hier quelqu’un s’est relevé, et c’est devenu la pièce.',
        'danse répétition',
      ),
      text(
        'Marquer',
        'Marquer, c’est danser sans danser : on fait le chemin, on garde la force. On apprend beaucoup d’une interprète à la façon dont elle marque. Certaines ne savent pas faire moins. D’autres, quand elles marquent, on voit enfin la phrase.',
        'danse carnet',
      ),
      image('Plan de sol', 'Cinq couleurs de ruban, une par saison de la pièce.', 'danse plan', { pictures: 2 }),
      image('Les coulisses de la générale', 'Trente photos, dont celle où je pleure.', 'danse coulisses', {
        pictures: 3,
        ...forSubscribers('La générale, vue du côté jardin.'),
      }),
      text(
        'Échauffement au sol, 20 minutes',
        'Douze exercices pour les dos fatigués, avec les variantes.',
        'échauffement danse',
        sold(5, 'Douze exercices au sol.'),
      ),
    ],
  },
  {
    name: 'cold-lane',
    language: 'en',
    bio: 'Open-water swimming all year. I measure the temperature so that you can decide not to.',
    crafts: ['swimming', 'outdoors'],
    subjects: ['fitness', 'travel'],
    look: look('waves', '#e0fbfc #c2dfe3 #9db4c0 #5c6b73 #253237 #ee6c4d'),
    details: ['the orange buoy', 'the steam', '4.1 degrees', 'the flask'],
    posts: [
      image('4.1 degrees, flat', 'In at 7:02, out at 7:11, coherent at 7:40.', 'swimming winter'),
      text(
        'How to get out',
        'Everybody writes about getting in. Getting out is where people get hurt. Hat on first. Dry the feet. Do not shower. Sugar, not whisky. Do not drive for half an hour, however proud you are.',
        'safety swimming',
      ),
      image('Eleven of us and a seal', 'Nobody invited it. It had better technique than all of us.', 'swimming sea', {
        pictures: 2,
      }),
      text(
        'The cold ladder',
        'Twelve weeks from eighteen degrees to eight, with minutes and stop signs. Written with a doctor who also swims.',
        'plan swimming',
        soldOrIncluded(5, 'Twelve weeks, from eighteen degrees to eight.'),
      ),
      image('The jetty in fog', 'I swam to the sound of Marion singing.', 'swimming fog', forFollowers()),
    ],
  },
  {
    name: 'bad-backs-club',
    language: 'en',
    bio: 'Slow yoga for stiff people. No poses with animal names, no incense, chairs welcome.',
    crafts: ['yoga', 'mobility'],
    subjects: ['fitness', 'education'],
    look: look('aurora', '#fff1e6 #fde2e4 #fad2e1 #e2ece9 #bee1e6 #cddafd #f4978e'),
    details: ['the towel trick', 'the slowness', 'the chair version', 'the dog walking through'],
    posts: [
      text(
        'Five minutes, on the floor, nothing else',
        'Lie down with your calves on a chair. That is the whole exercise. If you want to do more, breathe out for longer than you breathe in. If you fall asleep, you have done it right.',
        'back gentle',
      ),
      image(
        'The towel trick',
        'Roll it, put it under the place that complains, wait for three songs.',
        'back mobility',
        { pictures: 2 },
      ),
      text(
        'You asked: is cracking bad?',
        'No. It is gas. If it hurts, stop; if it only sounds like gravel, congratulations, you are over thirty.',
        'questions mobility',
      ),
      text(
        'Month of mornings',
        'Thirty short sequences, one page each, all of them possible in pyjamas and next to a small child.',
        'plan gentle',
        forSubscribers('Thirty mornings in pyjamas.'),
      ),
      image('The club, in its natural habitat', 'Average age 61. Average complaint: left.', 'community'),
    ],
  },
  {
    name: 'nocturna',
    language: 'es',
    bio: 'Rutas nocturnas en bicicleta: desniveles, bares abiertos y perros que ladran.',
    crafts: ['ciclismo', 'rutas'],
    subjects: ['fitness', 'travel'],
    look: look('contours', '#0a1128 #001f54 #034078 #1282a2 #fefcfb #f2a541'),
    details: ['la bajada sin luna', 'el bar de Paqui', 'el perfil', 'el perro blanco'],
    posts: [
      image(
        'Ruta 12: la sierra a oscuras',
        '64 km, 1.180 m, un búho. Salida a las once, churros a las seis.',
        'ruta noche ciclismo',
      ),
      text(
        'Luces: lo que funciona',
        'Mil lúmenes deslumbran a los conejos y a ti. Con trescientos bien apuntados ves la curva y ves el cielo. Lleva siempre otra, pequeña, en la boca.',
        'material ciclismo',
      ),
      image('Perfiles de las doce rutas', 'Dibujados a mano, con fuentes y perros.', 'mapas rutas', {
        pictures: 2,
        ...soldOrIncluded(5, 'Doce perfiles con fuentes y perros.'),
      }),
      text(
        'Track y bares de la ruta 12',
        'El archivo GPX, los tres bares que abren y a qué hora cierra Paqui de verdad.',
        'gpx rutas',
        forSubscribers('Con la hora a la que cierra Paqui de verdad.'),
      ),
      image('Niebla en el puerto', 'No se veía la rueda. Se oía el valle.', 'ruta niebla'),
    ],
  },
  {
    name: 'roda',
    language: 'pt',
    bio: 'Capoeira para quem começa tarde. Ginga primeiro, vergonha depois.',
    crafts: ['capoeira', 'movimento'],
    subjects: ['fitness', 'music'],
    look: look('cutouts', '#f7fff7 #1a535c #4ecdc4 #ffe66d #ff6b6b #2f3e46'),
    details: ['o toque do berimbau', 'a esquiva', 'a risada no fim', 'o aú torto'],
    posts: [
      image('Roda de domingo', 'Dos sete aos setenta e um. O de setenta e um não deu chance.', 'capoeira roda', {
        pictures: 2,
      }),
      text(
        'Ginga, e mais nada, por um mês',
        'Não é passo, é pergunta. Você pergunta, o outro responde, ninguém grita. Um mês só disso e o resto aparece sozinho, meio torto, seu.',
        'capoeira aula',
      ),
      image('Berimbau novo', 'Biriba, arame de pneu, cabaça da feira. Já desafinou feliz.', 'berimbau música'),
      text(
        'Sequência para joelhos cansados',
        'Oito movimentos baixos sem torção, com desenhos.',
        'aula joelhos',
        forSubscribers('Oito movimentos sem torção.'),
      ),
    ],
  },
]
