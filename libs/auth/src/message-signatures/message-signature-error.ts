/** Why a signature proves nothing, in words that hold nothing of it. */
export class MessageSignatureError extends Error {
  override readonly name = 'MessageSignatureError';
}
