/** Something could not be read from the database or changed in it. `cause` is what the driver says. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
