/**
 * Text in UTF-8, in pieces as they come: to decode very many bytes at once would hold up everybody.
 *
 * @param tooLong what is wrong with more bytes than that
 * @throws Error saying so
 */
export async function textPieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
  tooLong: string,
): Promise<string[]> {
  const decoder = new TextDecoder();
  const pieces: string[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    // Leaving the loop ends where they come from.
    if (bytes > maxBytes) throw new Error(tooLong);
    pieces.push(decoder.decode(chunk, { stream: true }));
  }
  pieces.push(decoder.decode());
  return pieces;
}
