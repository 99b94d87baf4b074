/** The request that an event is about. It never holds a header, a query or a body. */
export interface RequestFacts {
  /** Also in the body of a refusal, so that a client's report leads to this event. */
  readonly requestId: string;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
  /** The client's address in canonical form. */
  readonly address: string;
  /** `Controller.method`, where the request got that far. */
  readonly handler?: string;
  /** The proven user's `sub`. */
  readonly subject?: string;
  /** The proven app. */
  readonly appId?: string;
  /** The API key or personal token that was sent, also one that was refused. */
  readonly keyId?: string;
}

/** Who changed something, and from where; as far as it is known. */
export interface Actor {
  readonly actor?: string;
  /** The client's address in canonical form. */
  readonly address?: string;
  /** The request by which it was done. */
  readonly requestId?: string;
}

/** Only what is known of who did something. */
export function actorOf({
  actor,
  address,
  requestId,
}: Partial<Record<keyof Actor, string | undefined>>): Actor {
  return {
    ...(actor !== undefined && { actor }),
    ...(address !== undefined && { address }),
    ...(requestId !== undefined && { requestId }),
  };
}

/** What each type of event carries. Open: whoever defines an event adds it here, by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: the rooms that have events fill it.
export interface SecurityEventTypes {}

export type SecurityEventType = keyof SecurityEventTypes;

/** One thing that happened, by its `type`. */
export type SecurityEvent<Type extends SecurityEventType = SecurityEventType> = {
  [Each in Type]: { readonly type: Each } & SecurityEventTypes[Each];
}[Type];
