/* global YogaGraphiQL, graphqlWs */
// The explorer's own script: signs people in, and puts their token into every request and every socket.
'use strict'
;(() => {
  const settings = JSON.parse(document.getElementById('settings').textContent)
  const STORE = 'creator-platform.session'
  const REFRESH_BEFORE_MS = 30_000

  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_module, label) => {
      const names = { json: 'json.worker.js', graphql: 'graphql.worker.js' }
      return `${settings.base}/${names[label] ?? 'editor.worker.js'}`
    },
  }

  const SESSION = `
    accessToken refreshToken expiresAt
    viewer { user { username accountType } }
    challenge { token }
    userErrors { message }`
  const LOGIN = `mutation Login($input: LoginInput!) { session: login(input: $input) { ${SESSION} } }`
  const REFRESH = `mutation Refresh($input: RefreshSessionInput!) { session: refreshSession(input: $input) { ${SESSION} } }`
  const LOGOUT = 'mutation Logout { logout { isLoggedOut } }'

  let session = JSON.parse(sessionStorage.getItem(STORE) ?? 'null')
  let challenge = null
  let refreshing = null
  let socket = null

  function keep(next) {
    const isSamePerson = next?.username === session?.username
    session = next
    if (next) sessionStorage.setItem(STORE, JSON.stringify(next))
    else sessionStorage.removeItem(STORE)
    if (!isSamePerson) {
      socket?.dispose()
      socket = null
    }
    renderBar()
  }

  async function send(params, headers = {}) {
    const response = await fetch(settings.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json',
        ...headers,
      },
      body: JSON.stringify(params),
    })
    return await response.json()
  }

  /** Takes the answer of `login` and `refreshSession`; throws with what the person can mend. */
  function enter({ data, errors }) {
    const answer = data?.session
    const problem = errors?.[0]?.message ?? answer?.userErrors[0]?.message
    if (problem) throw new Error(problem)
    challenge = answer.challenge?.token ?? null
    if (challenge) return renderBar()
    keep({
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken,
      expiresAt: Date.parse(answer.expiresAt),
      username: answer.viewer.user.username,
      role: answer.viewer.user.accountType.toLowerCase(),
    })
  }

  const signIn = async (input) => enter(await send({ query: LOGIN, variables: { input } }))

  async function signOut() {
    const headers = await authorization()
    keep(null)
    await send({ query: LOGOUT }, headers)
  }

  /** The header of whoever is signed in, with a token that holds for a while yet. */
  async function authorization() {
    if (session && session.expiresAt - Date.now() < REFRESH_BEFORE_MS) await (refreshing ??= refresh())
    return session ? { authorization: `Bearer ${session.accessToken}` } : {}
  }

  async function refresh() {
    try {
      enter(await send({ query: REFRESH, variables: { input: { refreshToken: session.refreshToken } } }))
    } catch (error) {
      keep(null)
      renderBar(`Signed out: ${error.message}`)
    } finally {
      refreshing = null
    }
  }

  const openSocket = (headers) =>
    graphqlWs.createClient({
      url: new URL(settings.endpoint, location.href.replace(/^http/, 'ws')).href,
      connectionParams: async () => ({ ...(await authorization()), ...headers }),
      retryAttempts: 3,
    })

  /** What a document defines, read from its text: just after a change of tabs, the editor still tells of the one before. */
  function definitionsIn(source) {
    const code = source.replace(/"""[^]*?"""|"(?:\\.|[^"\\\n])*"|#.*/g, '')
    const definitions = []
    let current = null
    let depth = 0
    for (const [token] of code.matchAll(/[{}()]|[_A-Za-z]\w*/g)) {
      if (token === '{' && depth === 0) {
        definitions.push(current ?? { kind: 'query' })
        current = null
      } else if (depth === 0 && /\w/.test(token)) {
        if (!current) current = { kind: token }
        else current.name ??= token
      }
      if (token === '{' || token === '(') depth += 1
      if (token === '}' || token === ')') depth -= 1
    }
    return definitions
  }

  async function fetcher({ operationName, ...rest }, { headers = {} } = {}) {
    const operations = definitionsIn(rest.query).filter(({ kind }) => kind !== 'fragment')
    const named = operations.find(({ name }) => name && name === operationName)
    const params = named ? { ...rest, operationName } : rest
    if ((named ?? operations[0])?.kind !== 'subscription')
      return await send(params, { ...(await authorization()), ...headers })
    // headers typed in the editor make a socket of their own: a socket's parameters are fixed when it opens
    const hasOwn = Object.keys(headers).length > 0
    return (hasOwn ? openSocket(headers) : (socket ??= openSocket({}))).iterate(params)
  }

  function element(tag, properties = {}, ...children) {
    const made = Object.assign(document.createElement(tag), properties)
    made.append(...children)
    return made
  }

  function button(label, title, work) {
    return element('button', {
      type: 'button',
      textContent: label,
      title,
      onclick: (event) => attempt(event.currentTarget, work),
    })
  }

  async function attempt(control, work) {
    control.disabled = true
    try {
      await work()
    } catch (error) {
      renderBar(error.message)
    } finally {
      control.disabled = false
    }
  }

  function form(submit, label, ...fields) {
    const inputs = fields.map((field) => element('input', { required: true, ...field }))
    const made = element('form', {}, ...inputs, element('button', { textContent: label }))
    made.onsubmit = (event) => {
      event.preventDefault()
      void attempt(made.lastChild, () => submit(...inputs.map(({ value }) => value)))
    }
    return made
  }

  function controls() {
    if (session) {
      const who = [
        element('span', { className: 'hint', textContent: 'Signed in as' }),
        element('span', { className: 'person', textContent: session.username }),
        element('span', { className: 'hint', textContent: session.role }),
      ]
      return [...who, button('Sign out', 'End this session', signOut)]
    }
    if (challenge) {
      const code = { placeholder: 'Code', ariaLabel: 'Code', autocomplete: 'one-time-code', size: 10 }
      return [form((text) => signIn({ challengeToken: challenge, code: text }), 'Confirm', code)]
    }
    if (!settings.demo) {
      const email = { type: 'email', placeholder: 'E-mail', ariaLabel: 'E-mail', autocomplete: 'username' }
      const password = {
        type: 'password',
        placeholder: 'Password',
        ariaLabel: 'Password',
        autocomplete: 'current-password',
      }
      return [form((address, secret) => signIn({ email: address, password: secret }), 'Sign in', email, password)]
    }
    const people = settings.demo.people.map(({ role, email }) =>
      button(role, email, () => signIn({ email, password: settings.demo.password })),
    )
    return [element('span', { className: 'hint', textContent: 'Sign in as' }), ...people]
  }

  function renderBar(problem) {
    const icon = element('img', { src: `${settings.base}/icon.svg`, alt: '' })
    const name = element('span', { className: 'name', textContent: 'Creator Platform API' })
    const complaint = problem ? [element('span', { className: 'problem', role: 'alert', textContent: problem })] : []
    document.getElementById('bar').replaceChildren(icon, name, ...complaint, ...controls())
  }

  renderBar()
  YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
    title: ' ',
    logo: ' ',
    fetcher,
    defaultTabs: settings.samples,
    defaultQuery: settings.samples[0].query,
    // what is typed stays out of the address, and so out of logs and histories
    onEditQuery: () => undefined,
    shouldPersistHeaders: false,
  })
})()
