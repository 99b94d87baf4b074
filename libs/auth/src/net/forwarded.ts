import parseForwarded from 'forwarded-parse';

/** What one proxy says of the hop before it (RFC 7239 section 4), as far as it can be read. */
export interface ForwardedElement {
  /** An address, perhaps in brackets and with a port; or `unknown`, or an obfuscated name. */
  readonly for?: string;
  readonly proto?: string;
}

/**
 * The elements of a `Forwarded` header, the nearest proxy's first. Each is read by itself: what a client wrote before a proxy
 * added to it, such as a quote that is never closed, must not hide what the proxy says. It is read only when it is asked for,
 * because a client may have written thousands.
 */
export function* forwardedElements(header: string): Generator<ForwardedElement> {
  for (let end = header.length; end >= 0; ) {
    const comma = end === 0 ? -1 : header.lastIndexOf(',', end - 1);
    yield readElement(header.slice(comma + 1, end));
    end = comma;
  }
}

function readElement(text: string): ForwardedElement {
  try {
    const elements = parseForwarded(text.trim());
    return elements.length === 1 ? (elements[0] as ForwardedElement) : {};
  } catch {
    return {};
  }
}
