import type { Resolvers, ResolversParentTypes, Resolver } from '../generated/graphql.js'

type Parents = ResolversParentTypes
type Root = Extract<keyof Resolvers, 'Query' | 'Mutation' | 'Subscription'>
type Name = Exclude<keyof Resolvers & keyof Parents, Root>
type TypeMap<N extends keyof Resolvers> = NonNullable<Resolvers[N]>
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- any arguments: only what comes back counts here
type Answer<Field> = NonNullable<Field> extends Resolver<infer T, any, any, any> ? Awaited<T> : never

/** What may be null may also be left out. */
type OrAbsent<T> = null extends T ? T | undefined : T

/** The fields of a type that its row cannot answer: absent from it, or of another type there. */
type Open<N extends Name> =
  TypeMap<N> extends { __resolveType: unknown }
    ? never
    : {
        [Field in keyof TypeMap<N>]-?: Field extends `__${string}`
          ? never
          : Field extends keyof Parents[N]
            ? Parents[N][Field] extends OrAbsent<Answer<TypeMap<N>[Field]>>
              ? never
              : Field
            : Field
      }[keyof TypeMap<N>]

/** Resolvers that leave nothing out: every root field, and every field that a row does not answer by itself. */
export type Complete = Resolvers & { [N in Root]-?: Required<TypeMap<N>> } & {
  [N in Name as [Open<N>] extends [never] ? never : N]-?: TypeMap<N> & Required<Pick<TypeMap<N>, Open<N>>>
}
