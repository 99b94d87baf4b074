/** Redis did not do what was asked of it. `cause` is what the driver says, when it says something. */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure';
}
